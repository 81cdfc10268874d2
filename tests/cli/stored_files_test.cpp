#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "millrace/core/crc32c.hpp"
#include "stored_log.hpp"

namespace millrace::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Bytes from_hex(std::string_view digits) {
  Bytes bytes;
  std::string pair;
  for (const char c : digits) {
    if (c != ' ') pair += c;
    if (pair.size() == 2) {
      bytes.push_back(static_cast<std::byte>(std::stoi(pair, nullptr, 16)));
      pair.clear();
    }
  }
  return bytes;
}

/// As an atomic file frames it.
Bytes framed(const Bytes& content) {
  Bytes file(20 + content.size());
  std::ranges::copy(as_bytes("MRATOMIC"), file.begin());
  store_be<std::uint64_t>(file.data() + 8, content.size());
  store_be<std::uint32_t>(file.data() + 16, crc32c(content, crc32c(ByteView(file).subspan(8, 8))));
  std::ranges::copy(content, file.begin() + 20);
  return file;
}

struct Lines {
  std::vector<std::string> lines;
  std::string fault;
};

Lines shown(std::string_view name, const Bytes& bytes) {
  Lines found;
  const auto result = show_small_file(name, bytes, [&](const Json& entry) {
    found.lines.push_back(entry_text(entry));
    return true;
  });
  if (!result) found.fault = result.error().message;
  return found;
}

TEST(SmallFile, IsKnownByItsName) {
  for (const auto* name :
       {"00000000000000001042.index", "00000000000000000000.timeindex", "00000000000000000000.txnindex",
        "00000000000000000000.seal", "epochs", "checkpoint", "checkpoint.old", "compacted", "producer.snapshot",
        "producer.snapshot.old", "events.snapshot"}) {
    EXPECT_TRUE(is_known_small_file(name)) << name;
  }
  for (const auto* name : {"1042.index", "broker.json", "partition.metadata", "00000000000000000000.log", "lock"}) {
    EXPECT_FALSE(is_known_small_file(name)) << name;
  }
}

TEST(SmallFile, OfAnIndexShowsOffsetsAndNotDistances) {
  const auto index = shown("00000000000000001042.index", from_hex("0000003a 0000206c"));
  EXPECT_THAT(index.lines, ElementsAre("at=0 last_offset=1100 position=8300"));
  const auto times = shown("00000000000000001042.timeindex", from_hex("0000018bcfe56800 00000001"));
  EXPECT_THAT(times.lines, ElementsAre("at=0 timestamp=2023-11-14T22:13:20.000Z last_offset=1043"));
  EXPECT_EQ(index.fault + times.fault, "");
}

/// The example of docs/formats/events_snapshot.md.
TEST(SmallFile, OfEventsShowsPlacesAndAgesAndNotTheKey) {
  const auto content = from_hex(
      "4D524553 0001 000000000000000D 0706050403020100 0F0E0D0C0B0A0908 00000001"
      "DA3091A1C59195DD E9858FA9749F3AFE 000000000000000A 000005DC");
  const auto whole = shown("events.snapshot", framed(content));
  EXPECT_THAT(whole.lines, ElementsAre("version=1 at=13 events=1", "at=0 offset=10 age_ms=1500"));
  EXPECT_EQ(whole.fault, "");
  const auto cut = shown("events.snapshot", framed(Bytes(content.begin(), content.end() - 1)));
  EXPECT_THAT(cut.fault, HasSubstr("27 bytes are left over"));
}

TEST(SmallFile, IsShownUpToItsDamage) {
  const auto index = shown("00000000000000000000.index", from_hex("00000001 00000002 0000"));
  EXPECT_THAT(index.lines, ElementsAre("at=0 last_offset=1 position=2"));
  EXPECT_THAT(index.fault, HasSubstr("position 8: 2 bytes are left over"));
  const auto seal = shown("00000000000000000000.seal", Bytes(64));
  EXPECT_THAT(seal.lines, IsEmpty());
  EXPECT_THAT(seal.fault, HasSubstr("no seal"));
}

TEST(SmallFile, OfEpochsSaysWhetherEachEntryIsRight) {
  const auto fields = from_hex("00000002 000000000000000a");
  Bytes bytes(32);
  for (std::size_t at : {0U, 16U}) {
    std::copy_n(fields.begin(), 12, bytes.begin() + static_cast<std::ptrdiff_t>(at));
    store_be<std::uint32_t>(bytes.data() + at + 12, crc32c(ByteView(fields).first(12)));
  }
  bytes.back() ^= std::byte{1};
  EXPECT_THAT(shown("epochs", bytes).lines,
              ElementsAre("at=0 epoch=2 first_offset=10 crc=right", "at=16 epoch=2 first_offset=10 crc=wrong"));
}

TEST(SmallFile, OfProducersIsThePagesExample) {
  const auto content = from_hex(
      "4D525053 0002 000000000000000D 00000001"
      "0000000000000007 0000 FFFFFFFF FFFFFFFFFFFFFFFF"
      "0000000000000005 01"
      "00000000 00000002 000000000000000A FFFFFFFFFFFFFFFF");
  EXPECT_THAT(shown("producer.snapshot", framed(content)).lines,
              ElementsAre("version=2 at=13 producers=1",
                          "producer_id=7 producer_epoch=0 coordinator_epoch=-1 transaction_start=-1 "
                          "last_timestamp=1970-01-01T00:00:00.005Z batch_0=0-2@10"));
  for (std::size_t size = 0; size < content.size(); ++size) {
    Bytes cut(size);
    std::copy_n(content.begin(), size, cut.begin());
    EXPECT_NE(shown("producer.snapshot", framed(cut)).fault, "") << size;
  }
}

TEST(SmallFile, ThatIsFramedIsBelievedOnlyWhole) {
  const auto whole = framed(from_hex("000000000000000a ffffffffffffffff"));
  EXPECT_THAT(shown("compacted", whole).lines, ElementsAre("next_offset=10 horizon=-"));
  for (std::size_t at = 0; at < whole.size(); ++at) {
    auto broken = whole;
    broken[at] ^= std::byte{4};
    EXPECT_NE(shown("compacted", broken).fault, "") << at;
  }
}

}  // namespace
}  // namespace millrace::cli
