#include "open_files.hpp"

#include <gtest/gtest.h>

#include "millrace/record/builder.hpp"
#include "support/fake_disk.hpp"

namespace millrace::runtime {
namespace {

using broker::Durability;

/// Partitions that are appended to and read, on a disk that counts.
struct Shelf {
  Shelf(int count, std::size_t most, Durability durability = Durability::fsync)
      : files(disk, most, [this] { return partitions; }) {
    settings.log.preallocate = false;
    settings.log.segment_bytes = 400;
    settings.durability = durability;
    for (int i = 0; i < count; ++i) {
      auto opened = broker::Partition::open(disk, "orders-" + std::to_string(i), settings, std::nullopt, false, {});
      opened->partition->release_idle();
      partitions.push_back(
          std::make_shared<HostedPartition>("orders-" + std::to_string(i), std::move(opened->partition), committer));
    }
  }
  ErrorCode append(std::size_t to) {
    record::BatchBuilder builder;
    builder.add({.timestamp = 0, .key = std::nullopt, .value = as_bytes("record"), .headers = {}});
    auto bytes = builder.finish();
    broker::AppendAnswer answer;
    files.make_room();
    (void)partitions[to]->append(bytes, record::read_header(bytes), {}, nullptr, 0, answer);
    return answer.error;
  }
  std::size_t read(std::size_t from, std::int64_t offset = 0) {
    files.make_room();
    const auto answer = partitions[from]->read({.offset = Offset(offset), .max_bytes = 100'000, .at_least_one = true});
    EXPECT_EQ(answer.error, ErrorCode::none) << answer.message;
    return answer.slice.length;
  }
  void flush() {
    for (const auto& each : partitions) each->request_flush();
    committer.drain();
  }

  broker::TopicSettings settings;
  support::FakeDisk disk;
  Committer committer{disk, 0};
  OpenFiles::Partitions partitions;
  OpenFiles files;
};

TEST(OpenFiles, ANewPartitionHoldsNone) {
  Shelf shelf(20, 100);
  EXPECT_EQ(shelf.disk.open_files(), 0U);
}

TEST(OpenFiles, WhoIsNotUsedForARoundLetsGo) {
  Shelf shelf(20, 100);
  for (std::size_t i = 0; i < 20; ++i) EXPECT_EQ(shelf.append(i), ErrorCode::none);
  shelf.flush();
  EXPECT_EQ(shelf.disk.open_files(), 20U);
  shelf.files.close_idle();
  EXPECT_EQ(shelf.disk.open_files(), 20U);  // each was used since the last call
  EXPECT_GT(shelf.read(3), 0U);
  shelf.files.close_idle();
  EXPECT_EQ(shelf.disk.open_files(), 1U);
  shelf.files.close_idle();
  EXPECT_EQ(shelf.disk.open_files(), 0U);
  for (std::size_t i = 0; i < 20; ++i) EXPECT_GT(shelf.read(i), 0U);
  EXPECT_EQ(shelf.append(0), ErrorCode::none);
}

TEST(OpenFiles, ManyPartitionsInUseShareFew) {
  Shelf shelf(100, 16);
  for (int round = 0; round < 3; ++round) {
    for (std::size_t i = 0; i < 100; ++i) {
      EXPECT_EQ(shelf.append(i), ErrorCode::none);
      shelf.partitions[i]->request_flush();
      shelf.committer.drain();
      EXPECT_LE(shelf.disk.open_files(), 16U);
    }
  }
  for (std::size_t i = 0; i < 100; ++i) {
    EXPECT_GT(shelf.read(i), 0U);
    EXPECT_LE(shelf.disk.open_files(), 16U);
  }
}

TEST(OpenFiles, WhoIsUsedAllTheTimeKeepsItsOwn) {
  Shelf shelf(100, 16);
  EXPECT_EQ(shelf.append(0), ErrorCode::none);
  shelf.flush();
  const auto opened = shelf.disk.calls(support::Call::open);
  for (std::size_t i = 1; i < 100; ++i) {
    EXPECT_EQ(shelf.append(i), ErrorCode::none);
    shelf.partitions[i]->request_flush();
    shelf.committer.drain();
    EXPECT_GT(shelf.read(0), 0U);
  }
  EXPECT_LT(shelf.disk.calls(support::Call::open) - opened, 99U + 10U);
}

TEST(OpenFiles, ALogOfManySegmentsGivesThemAllBack) {
  Shelf shelf(1, 16);
  for (int i = 0; i < 300; ++i) EXPECT_EQ(shelf.append(0), ErrorCode::none);
  shelf.flush();
  shelf.files.close_idle();
  for (std::int64_t offset = 0; offset < 300; ++offset) {
    EXPECT_GT(shelf.read(0, offset), 0U);
    EXPECT_LE(shelf.disk.open_files(), 17U);  // its own, which a read may open before room is made
  }
}

TEST(OpenFiles, WhatIsNotFlushedStaysOpenAndIsFlushed) {
  Shelf shelf(40, 16, Durability::os);
  for (std::size_t i = 0; i < 40; ++i) EXPECT_EQ(shelf.append(i), ErrorCode::none);
  shelf.committer.drain();  // of what make_room() asked for
  EXPECT_EQ(shelf.append(0), ErrorCode::none);
  shelf.committer.drain();
  EXPECT_EQ(shelf.append(1), ErrorCode::none);
  shelf.files.close_idle();
  shelf.files.close_idle();
  EXPECT_LE(shelf.disk.open_files(), 16U);
  for (std::size_t i = 0; i < 40; ++i) EXPECT_GT(shelf.read(i), 0U);
}

}  // namespace
}  // namespace millrace::runtime
