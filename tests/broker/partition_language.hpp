#pragma once
// A partition on a FakeDisk, spoken to in lines, for tests. send("7/0 0-2") is producer_language.hpp's batch with real
// records in it; plain(3) is one of three records without a producer. Reads come back as "0-2 3-3": first and last
// offset of every batch.

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "broker/producer_language.hpp"
#include "millrace/broker/partition.hpp"
#include "millrace/record/builder.hpp"
#include "millrace/record/validate.hpp"
#include "support/fake_disk.hpp"

namespace millrace::broker {

inline constexpr Timestamp test_wall = 1'700'000'000'000;

inline TopicSettings small_settings() {
  TopicSettings settings;
  settings.log.preallocate = false;
  return settings;
}

struct Bench {
  support::FakeDisk disk;
  TopicSettings settings = small_settings();
  Now now{Instant{}, test_wall};
  std::optional<log::Checkpoint> known;
  ProducerRecovery recovery;
  log::RecoveryReport log_report;
  std::unique_ptr<Partition> partition;

  Bench() { open(); }
  explicit Bench(const TopicSettings& with) : settings(with) { open(); }

  void open(bool clean = false) {
    auto opened = Partition::open(disk, "orders-0", settings, known, clean, now);
    ASSERT_TRUE(opened) << opened.error().message;
    partition = std::move(opened->partition);
    recovery = opened->producers;
    log_report = opened->log_report;
  }
  /// A power cut: what was not flushed is gone.
  void crash() {
    known = partition->checkpoint();
    partition.reset();
    disk.crash(support::Crash::lose, 1);
    open();
  }
  void restart() {
    ASSERT_TRUE(partition->close());
    known = partition->checkpoint();
    partition.reset();
    disk.restart();
    open(true);
  }

  AppendAnswer append(Bytes batch) {
    const auto verdict = record::validate(batch, settings.rules, now.wall);
    EXPECT_EQ(verdict.error, ErrorCode::none) << verdict.message;
    return partition->append(batch, verdict.header, now);
  }
  static std::string line_of(const AppendAnswer& answer) {
    if (answer.error != ErrorCode::none) return std::string(name_of(answer.error));
    return (answer.duplicate ? "again at " : "at ") + std::to_string(answer.base_offset.value());
  }
  Bytes batch(const std::string& line) const {
    const auto header = batch_of(line);
    record::BatchBuilder builder;
    builder.set_producer(header.producer_id, header.producer_epoch, header.base_sequence);
    builder.set_attributes(header.is_transactional(), false);
    for (int i = 0; i < header.record_count; ++i) builder.add({now.wall, std::nullopt, as_bytes(line), {}});
    return builder.finish();
  }
  std::string send(const std::string& line) { return line_of(append(batch(line))); }
  /// Records with these timestamps, relative to test_wall.
  std::string plain_at(const std::vector<Timestamp>& times) {
    record::BatchBuilder builder;
    for (const auto time : times) builder.add({test_wall + time, std::nullopt, as_bytes("plain"), {}});
    return line_of(append(builder.finish()));
  }
  std::string plain(int count) { return plain_at(std::vector<Timestamp>(static_cast<std::size_t>(count), 0)); }
  std::string decide(ProducerId id, Marker marker, ProducerEpoch epoch = 0, std::int32_t coordinator_epoch = 0) {
    return line_of(partition->append_marker(id, epoch, marker, coordinator_epoch, now));
  }

  Progress flush() {
    const auto ticket = partition->prepare_flush();
    if (!ticket) return {partition->high_watermark(), partition->high_watermark(), 0};
    EXPECT_TRUE(log::perform(disk, ticket->work));
    return partition->flushed(*ticket);
  }
  static FetchSpec from(std::int64_t offset) {
    FetchSpec spec;
    spec.offset = Offset(offset);
    spec.max_bytes = std::size_t{1} << 20;
    spec.at_least_one = true;
    return spec;
  }
  static FetchSpec committed_from(std::int64_t offset) {
    auto spec = from(offset);
    spec.isolation = Isolation::read_committed;
    return spec;
  }
  static std::string batches_of(const log::Slice& slice) {
    if (!slice.file) return "nothing";
    Bytes bytes(slice.length);
    EXPECT_EQ(slice.file->read_at(slice.position, bytes).value(), bytes.size());
    std::string found;
    for (ByteView rest = bytes; !rest.empty();) {
      const auto header = record::check_stored(rest);
      EXPECT_TRUE(header);
      if (!header) return "damaged";
      if (!found.empty()) found += ' ';
      found += std::to_string(header->base_offset.value()) + "-" + std::to_string(header->last_offset().value());
      rest = rest.subspan(static_cast<std::size_t>(header->size()));
    }
    return found;
  }
  std::string read(const FetchSpec& spec) {
    const auto answer = partition->read(spec);
    if (answer.error != ErrorCode::none) return std::string(name_of(answer.error));
    return batches_of(answer.slice);
  }
  std::string read(std::int64_t offset) { return read(from(offset)); }
  /// "7@0 8@4": producer and first offset of the aborted transactions that a reader is told of.
  std::string aborted(const FetchSpec& spec) {
    const auto answer = partition->read(spec);
    EXPECT_EQ(answer.error, ErrorCode::none) << answer.message;
    if (!answer.aborted) return "null";
    std::string found;
    for (const auto& [id, first] : *answer.aborted) {
      if (!found.empty()) found += ' ';
      found += std::to_string(id) + "@" + std::to_string(first.value());
    }
    return found;
  }
};

}  // namespace millrace::broker
