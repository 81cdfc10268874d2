#include "millrace/runtime/records_at.hpp"

#include <gmock/gmock.h>

#include <array>

#include "runtime/world.hpp"

namespace millrace::runtime {
namespace {

using testing::AnyOf;
using testing::ElementsAre;
using testing::IsEmpty;

/// A topic of one partition; a record is told as "offset:value".
struct Shelf {
  World world;

  Shelf() {
    world.start();
    EXPECT_EQ(world.create("orders"), "done");
  }
  void send(const std::vector<std::string>& values, record::Codec codec = record::Codec::none) {
    record::BatchBuilder builder(codec);
    for (const auto& value : values) {
      const record::HeaderView headers[] = {{"h", as_bytes(value)}, {"null", std::nullopt}};
      builder.add({.timestamp = 1'700'000'000'000, .key = as_bytes("k"), .value = as_bytes(value), .headers = headers});
    }
    auto bytes = builder.finish();
    ProduceRequest request;
    request.parts.push_back({.topic = {.name = "orders", .id = {}}, .partition = 0, .records = bytes});
    World::Produced answer;
    world.broker->produce(std::move(request), answer.callback());
    EXPECT_EQ(answer.get().front().append.error, ErrorCode::none);
  }
  [[nodiscard]] RecordsAt look(const std::vector<Offset>& offsets, const TakeRecord& take) {
    return records_at(*world.broker, *world.broker->topology()->find("orders", 0), offsets, take);
  }
  [[nodiscard]] std::vector<record::OwnedRecord> read(const std::vector<Offset>& offsets,
                                                      std::size_t bytes = 1'000'000) {
    std::vector<record::OwnedRecord> found;
    (void)look(offsets, copies_to(found, bytes));
    return found;
  }
  /// "found gone"
  [[nodiscard]] std::string fates(const std::vector<std::int64_t>& offsets, std::size_t most = 1'000) {
    constexpr std::array<std::string_view, 4> names{"found", "gone", "unreadable", "left"};
    std::vector<Offset> wanted;
    for (const auto offset : offsets) wanted.emplace_back(offset);
    std::size_t taken = 0;
    const auto looked = look(wanted, [&](std::size_t which, Offset at, Timestamp, const record::RecordView&) {
      EXPECT_EQ(wanted.at(which), at);
      return taken++ < most;
    });
    std::string out;
    for (const auto fate : looked.fates)
      out += (out.empty() ? "" : " ") + std::string(names.at(static_cast<std::size_t>(fate)));
    EXPECT_EQ(looked.trouble.has_value(), out.find("unreadable") != std::string::npos);
    return out;
  }
  [[nodiscard]] std::vector<std::string> lines(const std::vector<std::int64_t>& offsets,
                                               std::size_t bytes = 1'000'000) {
    std::vector<Offset> wanted;
    for (const auto offset : offsets) wanted.emplace_back(offset);
    std::vector<std::string> out;
    for (const auto& one : read(wanted, bytes)) {
      out.push_back(std::to_string(one.offset.value()) + ":" + std::string(as_text(*one.value)));
    }
    return out;
  }
};

TEST(RecordsAt, AreThoseThatWereAskedForAcrossBatches) {
  Shelf shelf;
  shelf.send({"a", "b", "c"}, record::Codec::zstd);
  shelf.send({"d"});
  shelf.send({"e", "f"});
  EXPECT_THAT(shelf.lines({1, 2, 4}), ElementsAre("1:b", "2:c", "4:e"));
  EXPECT_THAT(shelf.lines({5}), ElementsAre("5:f"));
  EXPECT_THAT(shelf.lines({}), IsEmpty());
}

TEST(RecordsAt, HaveAllOfTheRecord) {
  Shelf shelf;
  shelf.send({"a"});
  const auto found = shelf.read({Offset(0)});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].timestamp, 1'700'000'000'000);
  EXPECT_EQ(as_text(*found[0].key), "k");
  ASSERT_EQ(found[0].headers.size(), 2u);
  EXPECT_EQ(as_text(*found[0].headers[0].second), "a");
  EXPECT_FALSE(found[0].headers[1].second);
}

TEST(RecordsAt, WhatIsNotThereIsMissing) {
  Shelf shelf;
  shelf.send({"a", "b"});
  shelf.send({"c"});
  EXPECT_EQ(shelf.world.delete_records("orders-0", 1), "from 1");
  EXPECT_THAT(shelf.lines({0, 1, 2, 3, 99}), ElementsAre("1:b", "2:c"));
  EXPECT_THAT(shelf.lines({99}), IsEmpty());
  EXPECT_EQ(shelf.fates({0, 1, 2}), "gone found found");
  EXPECT_EQ(shelf.fates({2, 3, 99}), "found unreadable unreadable") << "another record may come there";
}

TEST(RecordsAt, WhatCannotBeReadIsAFailureAndNotMissing) {
  Shelf shelf;
  shelf.send({"a"});
  // Whoever took it for missing would settle it unsent.
  for (std::uint64_t nth = 1;; ++nth) {
    shelf.world.fake->fail(nth, Errc::io, support::Call::read);
    const auto fate = shelf.fates({0});
    if (!shelf.world.fake->failed()) {
      ASSERT_GT(nth, 1u) << "nothing is read at all";
      break;
    }
    EXPECT_THAT(fate, AnyOf("found", "unreadable")) << "call " << nth;
  }
  shelf.world.fake->fail(0);
  EXPECT_THAT(shelf.lines({0}), ElementsAre("0:a"));
}

TEST(RecordsAt, WhatIsDamagedIsGoneAndWhatLiesBehindIsNot) {
  Shelf shelf;
  for (const char* value : {"a", "b", "c", "d"}) shelf.send({value});
  ASSERT_TRUE(shelf.world.broker->close());
  shelf.world.end();
  shelf.world.fake->restart();
  const std::string file = "orders-0/00000000000000000000.log";
  const auto size = shelf.world.fake->content(file).value().size();
  shelf.world.fake->flip(file, size / 4 + size / 8, 0x40);
  shelf.world.start();
  std::vector<record::OwnedRecord> found;
  const auto looked = shelf.look({Offset(0), Offset(1), Offset(3)}, copies_to(found, 1'000));
  EXPECT_THAT(looked.fates, ElementsAre(RecordFate::found, RecordFate::gone, RecordFate::found));
  ASSERT_TRUE(looked.trouble);
  EXPECT_EQ(looked.trouble->code, Errc::corrupt);
  EXPECT_EQ(looked.troubled, 1U);
}

TEST(RecordsAt, HaveNoMoreBytesThanAskedForButTheFirstAlwaysComes) {
  Shelf shelf;
  shelf.send({std::string(1'000, 'a'), "b", std::string(1'000, 'c'), "d"});
  EXPECT_THAT(shelf.lines({0, 1}, 10), ElementsAre("0:" + std::string(1'000, 'a')));
  EXPECT_THAT(shelf.lines({1, 2, 3}, 100), ElementsAre("1:b"));
  EXPECT_EQ(shelf.fates({1, 2, 3}, 1), "found left left");
}

TEST(RecordsAt, OneThatIsAtHandIsToldLikeOneThatIsStored) {
  const record::HeaderView headers[] = {{"h", as_bytes("a")}, {"null", std::nullopt}};
  std::vector<record::OwnedRecord> found;
  const auto fate = record_at_hand({.timestamp = 7, .key = as_bytes("k"), .value = std::nullopt, .headers = headers},
                                   Offset(42), copies_to(found, 10));
  EXPECT_EQ(fate, RecordFate::found);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].offset, Offset(42));
  EXPECT_EQ(found[0].timestamp, 7);
  EXPECT_EQ(as_text(*found[0].key), "k");
  EXPECT_FALSE(found[0].value);
  EXPECT_EQ(found[0].headers.size(), 2u);
}

}  // namespace
}  // namespace millrace::runtime
