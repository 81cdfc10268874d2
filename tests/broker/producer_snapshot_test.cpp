#include <gtest/gtest.h>

#include "broker/producer_language.hpp"

namespace millrace::broker {
namespace {

using namespace std::chrono_literals;

/// "4D52 50" → those bytes; blanks mean nothing.
Bytes hex(std::string_view text) {
  Bytes bytes;
  std::string pair;
  for (const char digit : text) {
    if (digit == ' ') continue;
    pair += digit;
    if (pair.size() < 2) continue;
    bytes.push_back(static_cast<std::byte>(std::stoi(pair, nullptr, 16)));
    pair.clear();
  }
  return bytes;
}

constexpr std::string_view page_example =
    "4D525053 0002 000000000000000D 00000001"
    "0000000000000007 0000 FFFFFFFF FFFFFFFFFFFFFFFF 0000000000000005 01"
    "00000000 00000002 000000000000000A FFFFFFFFFFFFFFFF";

Producers busy_partition() {
  Producers producers;
  producers.send("9/0 0-4");
  for (int i = 0; i < 7; ++i) producers.send("7/2 " + std::to_string(i) + "-" + std::to_string(i));
  producers.send("8/0 2147483647-3 t");
  producers.decide("8/0", 6);
  producers.send("5/0 0-0 t");
  producers.send("8/0 4-4 t");
  return producers;
}

TEST(ProducerSnapshot, WritesTheExampleOfItsPage) {
  Producers producers;
  producers.end = Offset(10);
  producers.newest_timestamp = 5;
  producers.send("7/0 0-2");
  EXPECT_EQ(producers.state.encode(producers.end), hex(page_example));
}

TEST(ProducerSnapshot, ReadsTheExampleOfItsPage) {
  const auto snapshot = ProducerState::decode(hex(page_example), {});
  ASSERT_TRUE(snapshot) << snapshot.error().message;
  EXPECT_EQ(snapshot->at, Offset(13));
  const auto verdict = snapshot->state.check(batch_of("7/0 0-2"));
  const auto* duplicate = std::get_if<Duplicate>(&verdict);
  ASSERT_NE(duplicate, nullptr);
  EXPECT_EQ(duplicate->base_offset, Offset(10));
  EXPECT_EQ(duplicate->next, Offset(13));
  EXPECT_EQ(snapshot->state.facts(),
            std::vector{ProducerFact({.id = 7, .epoch = 0, .last_sequence = 2, .last_timestamp = 5})});
}

TEST(ProducerSnapshot, GivesBackTheSameAnswers) {
  const auto before = busy_partition();
  auto snapshot = ProducerState::decode(before.state.encode(before.end), {});
  ASSERT_TRUE(snapshot) << snapshot.error().message;
  Producers after;
  after.state = std::move(snapshot->state);
  after.end = snapshot->at;
  EXPECT_EQ(after.end, before.end);
  EXPECT_EQ(after.state.facts(), before.state.facts());
  EXPECT_EQ(after.first_unstable(), before.first_unstable());
  EXPECT_EQ(after.state.check_marker(8, 0, 5), ErrorCode::transaction_coordinator_fenced);
  EXPECT_EQ(after.send("7/2 2-2"), "again at 7");
  EXPECT_EQ(after.send("7/2 1-1"), "OUT_OF_ORDER_SEQUENCE_NUMBER");
  EXPECT_EQ(after.send("7/1 7-7"), "INVALID_PRODUCER_EPOCH");
  EXPECT_EQ(after.send("8/0 2147483647-3 t"), "again at 12");
  EXPECT_EQ(after.send("8/0 5-5"), "INVALID_TXN_STATE");
  EXPECT_EQ(after.decide("5/0")->last_stable_offset, Offset(19)) << "producer 8 opened its second one at 19";
}

TEST(ProducerSnapshot, KeepsTheOrderOfIdleness) {
  Producers before;
  before.send("7/0 0-0");
  before.send("8/0 0-0");
  before.send("7/0 1-1");
  auto snapshot = ProducerState::decode(before.state.encode(before.end), {}, {.producers_max = 2, .expire_after = 1h});
  ASSERT_TRUE(snapshot);
  snapshot->state.update(batch_of("9/0 0-0"), {});
  EXPECT_TRUE(snapshot->state.knows(7));
  EXPECT_FALSE(snapshot->state.knows(8));
}

TEST(ProducerSnapshot, IdlenessIsCountedAnewFromTheOpening) {
  Producers before;
  before.send("7/0 0-0");
  const ProducerLimits bounds{.producers_max = 10, .expire_after = 100ms};
  auto snapshot = ProducerState::decode(before.state.encode(before.end), Instant(5s), bounds);
  ASSERT_TRUE(snapshot);
  snapshot->state.expire(Instant(5099ms));
  EXPECT_TRUE(snapshot->state.knows(7));
  snapshot->state.expire(Instant(5100ms));
  EXPECT_FALSE(snapshot->state.knows(7));
}

TEST(ProducerSnapshot, RefusesEveryTruncation) {
  const auto producers = busy_partition();
  const auto whole = producers.state.encode(producers.end);
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(ProducerState::decode(ByteView(whole).first(length), {})) << length << " of " << whole.size();
  }
}

TEST(ProducerSnapshot, RefusesBytesBehindTheLastProducer) {
  auto bytes = hex(page_example);
  bytes.push_back(std::byte{0});
  EXPECT_FALSE(ProducerState::decode(bytes, {}));
}

TEST(ProducerSnapshot, RefusesWhatItsRulesDoNotAllow) {
  const std::pair<const char*, std::string_view> broken[] = {
      {"other magic", "4D525054 0002 000000000000000D 00000000"},
      {"version 1", "4D525053 0001 000000000000000D 00000000"},
      {"negative offset", "4D525053 0002 FFFFFFFFFFFFFFFF 00000000"},
      {"more producers than bytes", "4D525053 0002 000000000000000D FFFFFFFF"},
      {"negative producer id",
       "4D525053 0002 000000000000000D 00000001 FFFFFFFFFFFFFFFF 0000 FFFFFFFF FFFFFFFFFFFFFFFF FFFFFFFFFFFFFFFF 00"},
      {"negative epoch",
       "4D525053 0002 000000000000000D 00000001 0000000000000007 FFFF FFFFFFFF FFFFFFFFFFFFFFFF FFFFFFFFFFFFFFFF 00"},
      {"transaction at the snapshot's offset",
       "4D525053 0002 000000000000000D 00000001 0000000000000007 0000 FFFFFFFF 000000000000000D FFFFFFFFFFFFFFFF 00"},
      {"transaction before the log",
       "4D525053 0002 000000000000000D 00000001 0000000000000007 0000 FFFFFFFF FFFFFFFFFFFFFFFE FFFFFFFFFFFFFFFF 00"},
      {"six batches",
       "4D525053 0002 000000000000000D 00000001 0000000000000007 0000 FFFFFFFF FFFFFFFFFFFFFFFF FFFFFFFFFFFFFFFF 06"},
      {"batch beyond the snapshot",
       "4D525053 0002 000000000000000D 00000001 0000000000000007 0000 FFFFFFFF FFFFFFFFFFFFFFFF FFFFFFFFFFFFFFFF 01"
       "00000000 00000003 000000000000000A FFFFFFFFFFFFFFFF"},
      {"negative sequence",
       "4D525053 0002 000000000000000D 00000001 0000000000000007 0000 FFFFFFFF FFFFFFFFFFFFFFFF FFFFFFFFFFFFFFFF 01"
       "FFFFFFFF 00000000 000000000000000A FFFFFFFFFFFFFFFF"},
      {"batches that overlap",
       "4D525053 0002 000000000000000D 00000001 0000000000000007 0000 FFFFFFFF FFFFFFFFFFFFFFFF FFFFFFFFFFFFFFFF 02"
       "00000000 00000001 0000000000000005 FFFFFFFFFFFFFFFF 00000002 00000002 0000000000000006 FFFFFFFFFFFFFFFF"},
      {"a producer twice",
       "4D525053 0002 000000000000000D 00000002 0000000000000007 0000 FFFFFFFF FFFFFFFFFFFFFFFF FFFFFFFFFFFFFFFF 00"
       "0000000000000007 0000 FFFFFFFF FFFFFFFFFFFFFFFF FFFFFFFFFFFFFFFF 00"},
      {"an idle one behind an open one",
       "4D525053 0002 000000000000000D 00000002 0000000000000007 0000 FFFFFFFF 0000000000000003 FFFFFFFFFFFFFFFF 00"
       "0000000000000008 0000 FFFFFFFF FFFFFFFFFFFFFFFF FFFFFFFFFFFFFFFF 00"},
      {"open ones out of order",
       "4D525053 0002 000000000000000D 00000002 0000000000000007 0000 FFFFFFFF 0000000000000003 FFFFFFFFFFFFFFFF 00"
       "0000000000000008 0000 FFFFFFFF 0000000000000002 FFFFFFFFFFFFFFFF 00"},
  };
  for (const auto& [what, bytes] : broken) EXPECT_FALSE(ProducerState::decode(hex(bytes), {})) << what;
}

TEST(ProducerSnapshot, AnyFlippedBitIsRefusedOrGivesAStateThatWorks) {
  const auto producers = busy_partition();
  const auto whole = producers.state.encode(producers.end);
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    auto flipped = whole;
    flipped[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    auto snapshot = ProducerState::decode(flipped, {});
    if (!snapshot) continue;
    EXPECT_EQ(snapshot->state.encode(snapshot->at), flipped) << "bit " << bit;
  }
}

}  // namespace
}  // namespace millrace::broker
