#include <gtest/gtest.h>

#include "millrace/broker/event_batch.hpp"
#include "millrace/broker/event_ids.hpp"
#include "millrace/record/builder.hpp"

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
    "4D524553 0001 000000000000000D 0706050403020100 0F0E0D0C0B0A0908 00000001"
    "DA3091A1C59195DD E9858FA9749F3AFE 000000000000000A 000005DC";
constexpr SipKey page_key{0x0706050403020100, 0x0F0E0D0C0B0A0908};
constexpr Hash128 page_hash{0xDA3091A1C59195DD, 0xE9858FA9749F3AFE};
constexpr std::size_t plenty = 1000;

TEST(EventSnapshot, WritesTheExampleOfItsPage) {
  EventIds ids({.key = page_key});
  ids.remember(page_hash, Offset(10), Instant(3s));
  EXPECT_EQ(ids.encode(Offset(13), Instant(4500ms)), hex(page_example));
}

TEST(EventSnapshot, ReadsTheExampleOfItsPage) {
  auto snapshot = EventIds::decode(hex(page_example), Instant(100s), plenty);
  ASSERT_TRUE(snapshot) << snapshot.error().message;
  EXPECT_EQ(snapshot->at, Offset(13));
  auto& ids = snapshot->ids;
  EXPECT_EQ(ids.key(), page_key);
  EXPECT_EQ(ids.find(page_hash), Offset(10));
  ids.forget(Instant(98'499ms));
  EXPECT_EQ(ids.size(), 1U) << "it was 1500 ms old";
  ids.forget(Instant(98'500ms));
  EXPECT_EQ(ids.size(), 0U);
}

TEST(EventSnapshot, HashesAnEventAsItsPageSays) {
  const record::HeaderView headers[] = {{"ce_specversion", as_bytes("1.0")},
                                        {"ce_id", as_bytes("A1")},
                                        {"ce_source", as_bytes("/shop")},
                                        {"ce_type", as_bytes("t")}};
  record::BatchBuilder builder;
  builder.add({0, std::nullopt, std::nullopt, headers});
  const auto batch = builder.finish();
  const auto hashes = hashes_of(record::read_header(batch), batch, page_key);
  ASSERT_EQ(hashes.size(), 1U);
  EXPECT_EQ(hashes[0], page_hash);
}

EventIds some() {
  EventIds ids({.key = {1, 2}});
  for (std::uint64_t i = 0; i < 5; ++i) {
    ids.remember({i, i * i}, Offset(static_cast<std::int64_t>(3 * i)), Instant(Milliseconds(10 * i)));
  }
  ids.remember({1, 1}, Offset(20), Instant(50ms));
  return ids;
}

TEST(EventSnapshot, GivesBackTheSameEvents) {
  const auto bytes = some().encode(Offset(21), Instant(60ms));
  const auto snapshot = EventIds::decode(bytes, Instant(60ms), plenty);
  ASSERT_TRUE(snapshot) << snapshot.error().message;
  EXPECT_EQ(snapshot->ids.find({1, 1}), Offset(20));
  EXPECT_EQ(snapshot->ids.find({4, 16}), Offset(12));
  EXPECT_EQ(snapshot->ids.encode(Offset(21), Instant(60ms)), bytes);
}

TEST(EventSnapshot, OfMoreThanThereIsRoomForTheNewestAreTaken) {
  const auto snapshot = EventIds::decode(some().encode(Offset(21), {}), {}, 2);
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->ids.size(), 2U);
  EXPECT_EQ(snapshot->ids.find({1, 1}), Offset(20));
  EXPECT_EQ(snapshot->ids.find({4, 16}), Offset(12));
  EXPECT_EQ(snapshot->ids.find({3, 9}), std::nullopt);
}

TEST(EventSnapshot, RefusesEveryTruncationAndBytesBehindIt) {
  auto whole = some().encode(Offset(21), Instant(60ms));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(EventIds::decode(ByteView(whole).first(length), {}, plenty)) << length << " of " << whole.size();
  }
  whole.push_back(std::byte{0});
  EXPECT_FALSE(EventIds::decode(whole, {}, plenty));
}

TEST(EventSnapshot, RefusesWhatItsRulesDoNotAllow) {
  const std::string key = "0000000000000001 0000000000000002";
  const std::string one = "00000000000000010000000000000001";
  const std::string two = "00000000000000020000000000000002";
  const std::pair<const char*, std::string> broken[] = {
      {"other magic", "4D524554 0001 000000000000000D" + key + "00000000"},
      {"version 2", "4D524553 0002 000000000000000D" + key + "00000000"},
      {"negative offset", "4D524553 0001 FFFFFFFFFFFFFFFF" + key + "00000000"},
      {"more events than bytes", "4D524553 0001 000000000000000D" + key + "FFFFFFFF"},
      {"an event before the log",
       "4D524553 0001 000000000000000D" + key + "00000001" + one + "FFFFFFFFFFFFFFFF00000000"},
      {"an event at the snapshot's offset",
       "4D524553 0001 000000000000000D" + key + "00000001" + one + "000000000000000D00000000"},
      {"two at one offset", "4D524553 0001 000000000000000D" + key + "00000002" + one + "000000000000000200000000" +
                                two + "000000000000000200000000"},
      {"the later one older", "4D524553 0001 000000000000000D" + key + "00000002" + one + "000000000000000200000001" +
                                  two + "000000000000000300000002"},
  };
  for (const auto& [what, bytes] : broken) EXPECT_FALSE(EventIds::decode(hex(bytes), {}, plenty)) << what;
}

TEST(EventSnapshot, AnyFlippedBitIsRefusedOrGivesAStateThatWorks) {
  const auto whole = some().encode(Offset(21), Instant(60ms));
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    auto flipped = whole;
    flipped[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    const auto snapshot = EventIds::decode(flipped, Instant(60ms), plenty);
    if (!snapshot) continue;
    EXPECT_EQ(snapshot->ids.encode(snapshot->at, Instant(60ms)), flipped) << "bit " << bit;
  }
}

}  // namespace
}  // namespace millrace::broker
