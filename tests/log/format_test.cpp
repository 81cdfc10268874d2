// The files beside the batches: what is written is what Kafka's tools and our own pages expect.

#include <gtest/gtest.h>

#include <limits>

#include "log/log_bench.hpp"
#include "millrace/log/checkpoint.hpp"

namespace millrace::log {
namespace {

std::string hex(ByteView bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const std::byte byte : bytes) {
    text += digits[std::to_integer<unsigned>(byte) >> 4];
    text += digits[std::to_integer<unsigned>(byte) & 15];
  }
  return text;
}

TEST(SegmentFormat, NamesFilesByTwentyDigits) {
  EXPECT_EQ(file_name(Offset(1042), FileKind::log), "00000000000000001042.log");
  EXPECT_EQ(file_name(Offset(0), FileKind::time_index), "00000000000000000000.timeindex");
  EXPECT_EQ(parse_file_name("00000000000000001042.txnindex"), (SegmentFile{Offset(1042), FileKind::txn_index}));
}

TEST(SegmentFormat, KnowsOnlyItsOwnNames) {
  for (const char* name : {"", "epochs", "42.log", "00000000000000001042", "00000000000000001042.LOG",
                           "00000000000000001042.log.deleted", "0000000000000000104x.log", "-0000000000000000001.log",
                           "99999999999999999999.log", "09223372036854775807.log"}) {
    EXPECT_FALSE(parse_file_name(name)) << name;
  }
}

using IndexFiles = LogBench;

TEST_F(IndexFiles, HoldTheEntriesThatKafkaWouldWrite) {
  config.index_interval_bytes = 150;
  log->set_config(config);
  // Batches of 61 + 8 bytes: the fourth is the first with more than 150 of them before it.
  for (int i = 0; i < 5; ++i) append("w", 100 + i);
  ASSERT_EQ(log->bytes(), 5 * 69U);
  ASSERT_TRUE(log->close());
  EXPECT_EQ(hex(*disk.content(path(0, FileKind::index))), "00000003000000cf");
  EXPECT_EQ(hex(*disk.content(path(0, FileKind::time_index))),
            "000000000000006700000003"
            "000000000000006800000004");
}

TEST(CheckpointFile, LooksAsItsPageSays) {
  const Checkpoints one{{"a-0", Checkpoint{Offset(0), Offset(5), Offset(0), 700}}};
  EXPECT_EQ(hex(encode(one)),
            "000100000001"
            "0003612d30"
            "0000000000000000"
            "0000000000000005"
            "0000000000000000"
            "00000000000002bc");
}

TEST(CheckpointFile, ComesBackAsItWas) {
  support::FakeDisk disk;
  const Checkpoints all{{"a-0", {Offset(1), Offset(5), Offset(2), 700}}, {"b-12", {}}};
  ASSERT_TRUE(write_checkpoints(disk, "checkpoint", all));
  const auto read = read_checkpoints(disk, "checkpoint");
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->used_older);
  ASSERT_EQ(read->checkpoints.size(), 2U);
  EXPECT_EQ(read->checkpoints.at("a-0").durable_end, Offset(5));
  EXPECT_EQ(read->checkpoints.at("a-0").segment_base, Offset(2));
  EXPECT_EQ(read->checkpoints.at("a-0").segment_position, 700U);
}

TEST(CheckpointFile, RefusesEveryTruncationAndALieAboutTheCount) {
  Bytes whole = encode({{"a-0", {}}, {"b-0", {}}});
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(decode_checkpoints(ByteView(whole).first(length))) << length;
  }
  store_be(whole.data() + 2, std::uint32_t{0xFFFFFFFF});
  EXPECT_EQ(decode_checkpoints(whole).error().code, Errc::corrupt);
  store_be(whole.data() + 2, std::uint32_t{1});
  EXPECT_EQ(decode_checkpoints(whole).error().code, Errc::corrupt);
}

TEST(CheckpointFile, FallsBackToTheOlderGenerationAndSaysSo) {
  support::FakeDisk disk;
  ASSERT_TRUE(write_checkpoints(disk, "checkpoint", {{"a-0", Checkpoint{Offset(0), Offset(1), Offset(0), 1}}}));
  ASSERT_TRUE(write_checkpoints(disk, "checkpoint", {{"a-0", Checkpoint{Offset(0), Offset(2), Offset(0), 1}}}));
  disk.flip("checkpoint", 30, 0x01);
  const auto read = read_checkpoints(disk, "checkpoint");
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->used_older);
  EXPECT_EQ(read->checkpoints.at("a-0").durable_end, Offset(1));
}

TEST(CleanMark, SpeaksForOneStartOnly) {
  support::FakeDisk disk;
  EXPECT_FALSE(*take_clean_mark(disk, "clean-shutdown"));
  ASSERT_TRUE(write_clean_mark(disk, "clean-shutdown"));
  disk.crash(support::Crash::lose, 1);
  EXPECT_TRUE(*take_clean_mark(disk, "clean-shutdown"));
  disk.crash(support::Crash::lose, 1);
  EXPECT_FALSE(*take_clean_mark(disk, "clean-shutdown"));
}

TEST(CleanMark, IsNotBelievedWhenItIsDamaged) {
  support::FakeDisk disk;
  ASSERT_TRUE(write_clean_mark(disk, "clean-shutdown"));
  disk.flip("clean-shutdown", 21, 0x01);
  EXPECT_FALSE(*take_clean_mark(disk, "clean-shutdown"));
  EXPECT_TRUE(disk.files().empty());
}

}  // namespace
}  // namespace millrace::log
