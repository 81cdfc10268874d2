#include "millrace/log/compaction.hpp"

#include <gmock/gmock.h>

#include "log/compaction_bench.hpp"

namespace millrace::log {
namespace {

using testing::HasSubstr;
using testing::Not;

using CompactedLog = CompactionBench;

TEST_F(CompactedLog, KeepsTheLastRecordOfEachKeyAtItsOffset) {
  put("a=1 b=1");
  put("a=2");
  put("c=1 a=3");
  close_segment();
  ASSERT_TRUE(clean());
  EXPECT_EQ(all(), "1:b=1 3:c=1 4:a=3");
  EXPECT_EQ(log->start(), Offset(0));
  EXPECT_EQ(log->durable_end(), log->end());
}

TEST_F(CompactedLog, GrowsSmallerAndSaysByHowMuch) {
  for (int i = 0; i < 20; ++i) put("a=" + std::to_string(i));
  close_segment();
  const auto before = log->bytes();
  ASSERT_TRUE(clean());
  EXPECT_EQ(all(), "19:a=19");
  EXPECT_LT(log->bytes(), before);
  EXPECT_EQ(done.bytes_before - done.bytes_after, before - log->bytes());
  EXPECT_EQ(done.mark.next, Offset(20));
}

TEST_F(CompactedLog, IsTheSameAfterAnyRestart) {
  put("a=1 b=1 a=2");
  put("b=2");
  close_segment();
  ASSERT_TRUE(clean());
  crash();
  EXPECT_EQ(all(), "2:a=2 3:b=2");
  EXPECT_EQ(report.damaged.size(), 0U);
  close_and_reopen();
  EXPECT_EQ(all(), "2:a=2 3:b=2");
  // And how far it was compacted is known.
  EXPECT_FALSE(clean());
}

TEST_F(CompactedLog, NeverTouchesTheActiveSegmentNorWhatIsNotFlushed) {
  put("a=1");
  put("a=2");
  flush();
  EXPECT_FALSE(clean());
  wall += config.segment_ms;
  ASSERT_TRUE(log->roll_if_due(wall));
  put("a=3");
  EXPECT_FALSE(clean());
  flush();
  ASSERT_TRUE(clean());
  EXPECT_EQ(all(), "1:a=2 2:a=3");
}

TEST_F(CompactedLog, KeepsWhatLiesAboveTheBound) {
  const Offset undecided = put("a=1");
  close_segment();
  put("a=2");
  close_segment();
  const auto pass = log->prepare_cleaning(policy, undecided, producers, limits, wall);
  ASSERT_TRUE(pass);
  EXPECT_FALSE(*pass);
}

TEST_F(CompactedLog, JoinsSmallNeighboursIntoOneSegment) {
  config.segment_bytes = 100'000;
  log->set_config(config);
  for (int i = 0; i < 5; ++i) {
    put("a=" + std::to_string(i) + " k" + std::to_string(i) + "=v");
    close_segment();
  }
  const auto before = log->segment_count();
  ASSERT_TRUE(clean());
  EXPECT_EQ(log->segment_count(), before - 4);
  EXPECT_EQ(done.segments_before, 5U);
  EXPECT_EQ(done.segments_after, 1U);
  const auto text = all();
  EXPECT_THAT(text, HasSubstr("a=4"));
  EXPECT_THAT(text, Not(HasSubstr("a=3")));
  for (const char* kept : {"k0=v", "k1=v", "k2=v", "k3=v", "k4=v"}) EXPECT_THAT(text, HasSubstr(kept));
  crash();
  EXPECT_EQ(all(), text);
}

TEST_F(CompactedLog, AReaderKeepsTheFileItHas) {
  put("a=1");
  put("a=2");
  close_segment();
  const auto slice = log->read(Offset(0), 1 << 20, log->end(), true);
  ASSERT_TRUE(slice);
  const auto before = bytes_of(*slice);
  ASSERT_TRUE(clean());
  EXPECT_EQ(bytes_of(*slice), before);
}

TEST_F(CompactedLog, AnswersForOffsetsThatAreGone) {
  for (int i = 0; i < 50; ++i) put("a=" + std::to_string(i));
  put("b=1");
  close_segment();
  ASSERT_TRUE(clean());
  for (std::int64_t from = 0; from < 50; ++from) {
    const auto slice = log->read(Offset(from), 1 << 20, log->end(), true);
    ASSERT_TRUE(slice) << slice.error().message;
    EXPECT_THAT(words_in(bytes_of(*slice)), testing::StartsWith("49:49 50:1"));
  }
}

/// Some clients take an answer without records for the end of the log.
TEST_F(CompactedLog, NeverAnswersWithBatchesWithoutRecordsWhileThereAreRecordsBehindThem) {
  for (int writer = 1; writer <= 3; ++writer) {
    producers.push_back({.producer_id = writer, .producer_epoch = 0, .base_offset = put("a=1", {.id = writer})});
    put("a=2");
    put("a=3");
    close_segment();
  }
  put("b=1");
  close_segment();
  ASSERT_TRUE(clean());
  for (std::int64_t from = 0; from < log->end().value(); ++from) {
    for (const std::size_t max_bytes : {std::size_t{1}, std::size_t{130}, std::size_t{1} << 20}) {
      const auto slice = log->read(Offset(from), max_bytes, log->end(), true);
      ASSERT_TRUE(slice) << slice.error().message;
      EXPECT_NE(words_in(bytes_of(*slice)), "") << "at " << from << " with " << max_bytes << " bytes";
    }
  }
}

TEST_F(CompactedLog, FindsByTimeWhatIsLeft) {
  put("a=1 b=1");
  put("a=2");
  close_segment();
  ASSERT_TRUE(clean());
  EXPECT_EQ(log->find_timestamp(1000, Offset(3)).value()->offset, Offset(1));
  EXPECT_EQ(log->find_timestamp(1002, Offset(3)).value()->offset, Offset(2));
  EXPECT_EQ(log->find_max_timestamp(Offset(3)).value()->offset, Offset(2));
}

TEST_F(CompactedLog, DropsRecordsWithoutKey) {
  put("=x a=1 =y");
  put("=z");
  close_segment();
  ASSERT_TRUE(clean());
  EXPECT_EQ(all(), "1:a=1");
}

TEST_F(CompactedLog, KeepsTheLeaderEpochs) {
  put("a=1");
  epoch = 2;
  put("a=2");
  put("a=3");
  close_segment();
  const auto ends = std::pair(log->end_of_epoch(0), log->end_of_epoch(2));
  ASSERT_TRUE(clean());
  EXPECT_EQ(std::pair(log->end_of_epoch(0), log->end_of_epoch(2)), ends);
  crash();
  EXPECT_EQ(std::pair(log->end_of_epoch(0), log->end_of_epoch(2)), ends);
  EXPECT_EQ(report.damaged.size(), 0U);
  EXPECT_EQ(all(), "2:a=3");
}

TEST_F(CompactedLog, CompressedBatchesStayCompressed) {
  put("a=1 b=1 c=1", {}, record::Codec::zstd);
  put("a=2");
  close_segment();
  ASSERT_TRUE(clean());
  EXPECT_EQ(all(), "1:b=1 2:c=1 3:a=2");
  EXPECT_EQ(record::read_header(batches().front()).codec(), record::Codec::zstd);
}

TEST_F(CompactedLog, APassThatDoesNotFitCleansAPrefixAndTheNextOneGoesOn) {
  limits.map_bytes = 0;  // three keys
  for (int round = 0; round < 2; ++round) put("a=1 b=1 c=1 d=1 e=1 f=1 g=1");
  close_segment();
  int passes = 0;
  for (Offset reached; reached < Offset(14); reached = done.mark.next) {
    ASSERT_TRUE(clean());
    ASSERT_GT(done.mark.next, reached);
    ASSERT_LT(++passes, 20);
  }
  EXPECT_GT(passes, 1);
  EXPECT_EQ(all(), "7:a=1 8:b=1 9:c=1 10:d=1 11:e=1 12:f=1 13:g=1");
}

TEST_F(CompactedLog, StopsBeforeDamageAndSaysSo) {
  put("a=1");
  close_segment();
  put("a=2");
  close_segment();
  put("a=3");
  close_segment();
  crash();
  disk.flip(path(1), record::header_bytes + 5, 1);
  auto pass = prepare();
  ASSERT_TRUE(pass);
  const auto cleaned = pass->run(disk, access());
  ASSERT_FALSE(cleaned);
  EXPECT_EQ(cleaned.error().code, Errc::corrupt);
  ASSERT_EQ(log->damaged().size(), 1U);
  EXPECT_EQ(log->damaged().front().first, Offset(1));
  // What lies before is served and compacted.
  put("x=1");
  EXPECT_TRUE(clean());
  EXPECT_EQ(done.mark.next, Offset(1));
  EXPECT_FALSE(log->offline());
}

TEST_F(CompactedLog, AFullDiskHarmsNothing) {
  for (int i = 0; i < 10; ++i) put("a=" + std::to_string(i) + " b" + std::to_string(i) + "=1");
  close_segment();
  const auto before = all();
  auto pass = prepare();
  ASSERT_TRUE(pass);
  disk.fail(1, Errc::no_space, support::Call::write);
  const auto cleaned = pass->run(disk, access());
  ASSERT_FALSE(cleaned);
  EXPECT_EQ(cleaned.error().code, Errc::no_space);
  EXPECT_EQ(all(), before);
  EXPECT_FALSE(log->offline());
  for (const auto& name : disk.files()) EXPECT_THAT(name, Not(HasSubstr("cleaned")));
  ASSERT_TRUE(clean());
  EXPECT_THAT(all(), testing::EndsWith("18:a=9 19:b9=1"));
}

TEST_F(CompactedLog, GivesUpWhenTheLogIsGone) {
  put("a=1");
  put("a=2");
  close_segment();
  auto pass = prepare();
  ASSERT_TRUE(pass);
  auto gone = access();
  gone.named = [](const std::function<void()>&) { return false; };
  const auto files = disk.files();
  const auto cleaned = pass->run(disk, gone);
  ASSERT_TRUE(cleaned) << cleaned.error().message;
  EXPECT_FALSE(*cleaned);
  EXPECT_EQ(disk.files(), files);
}

TEST_F(CompactedLog, EndsWhereverItIsStoppedAndHarmsNothing) {
  for (int i = 0; i < 30; ++i) put("a=" + std::to_string(i) + " b" + std::to_string(i) + "=1");
  close_segment();
  for (int batches = 0; batches < 70; ++batches) {
    auto pass = prepare();
    if (!pass) break;
    auto stopping = access();
    stopping.stopped = [left = batches]() mutable { return left-- <= 0; };
    ASSERT_TRUE(pass->run(disk, stopping));
    EXPECT_THAT(all(), testing::EndsWith("58:a=29 59:b29=1"));
    for (const auto& name : disk.files()) EXPECT_THAT(name, Not(HasSubstr("cleaned")));
  }
  EXPECT_EQ(log->durable_end(), log->end());
}

TEST_F(CompactedLog, GivesWayToRetention) {
  put("a=1");
  close_segment();
  put("a=2");
  close_segment();
  auto pass = prepare();
  ASSERT_TRUE(pass);
  const auto doomed = log->retire({.bytes = 0, .ms = -1}, Offset(2), wall);
  ASSERT_TRUE(doomed && remove(disk, *doomed));
  const auto cleaned = pass->run(disk, access());
  ASSERT_TRUE(cleaned) << cleaned.error().message;
  EXPECT_FALSE(*cleaned);
  EXPECT_EQ(all(), "2:a=2");
}

TEST_F(CompactedLog, KeepsWhatSomebodyPointsTo) {
  put("a=1 a=2");
  close_segment();
  const Offset pointed_to = put("b=1");
  put("b=2");
  close_segment();
  log->keep(pointed_to);
  ASSERT_TRUE(clean());
  EXPECT_EQ(all(), "1:a=2 3:b=1 4:b=2");
  log->keep(std::nullopt);
  ASSERT_TRUE(clean());
  EXPECT_EQ(all(), "1:a=2 4:b=2");
}

TEST_F(CompactedLog, IsLeftAsItIsByAPassThatBeganBeforeSomebodyPointedThere) {
  const Offset pointed_to = put("a=1");
  put("a=2");
  close_segment();
  auto pass = prepare();
  ASSERT_TRUE(pass);
  log->keep(pointed_to);
  const auto cleaned = pass->run(disk, access());
  ASSERT_TRUE(cleaned) << cleaned.error().message;
  EXPECT_FALSE(*cleaned);
  EXPECT_EQ(all(), "0:a=1 1:a=2");
  for (const auto& name : disk.files()) EXPECT_THAT(name, Not(HasSubstr("cleaned")));
}

TEST_F(CompactedLog, LosesOnlyItsMarkWithTheFile) {
  put("a=1 a=2");
  close_segment();
  ASSERT_TRUE(clean());
  ASSERT_FALSE(clean());
  crash();
  disk.flip(std::string(dir) + "/compacted", 25, 1);
  EXPECT_TRUE(clean());
  EXPECT_EQ(all(), "1:a=2");
}

}  // namespace
}  // namespace millrace::log
