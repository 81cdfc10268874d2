#include <set>

#include "log/log_bench.hpp"

namespace millrace::log {
namespace {

using LogAppend = LogBench;
using LogRead = LogBench;

TEST_F(LogAppend, NumbersRecordsFromZeroWithoutHoles) {
  EXPECT_EQ(append("a b c"), Offset(0));
  EXPECT_EQ(append("d"), Offset(3));
  EXPECT_EQ(log->end(), Offset(4));
  EXPECT_EQ(read(), "0:a 1:b 2:c 3:d");
}

TEST_F(LogAppend, StampsOffsetAndEpochAndChangesNothingElse) {
  append("before");
  Bytes batch = batch_of("a b", 7);
  const Bytes sent = batch;
  ASSERT_TRUE(log->append(batch, 3, wall));
  const auto stored = bytes_of(*log->read(Offset(1), 10'000, log->end(), true));
  const auto header = record::read_header(stored);
  EXPECT_EQ(header.base_offset, Offset(1));
  EXPECT_EQ(header.leader_epoch, 3);
  EXPECT_TRUE(std::ranges::equal(ByteView(stored).subspan(16), ByteView(sent).subspan(16)));
}

TEST_F(LogAppend, RollsWhenTheSegmentIsFull) {
  for (int i = 0; i < 40; ++i) append("word");
  EXPECT_GT(log->segment_count(), 2U);
  for (const auto& file : disk.files()) {
    if (file.ends_with(".log")) {
      EXPECT_LE(disk.content(file)->size(), 1000U) << file;
    }
  }
  EXPECT_EQ(read().substr(0, 13), "0:word 1:word");
  EXPECT_TRUE(read().ends_with("39:word"));
}

TEST_F(LogAppend, RollsWhenTheFirstRecordIsTooOld) {
  config.segment_ms = 100;
  log->set_config(config);
  append("a");
  wall += 99;
  append("b");
  EXPECT_EQ(log->segment_count(), 1U);
  wall += 1;
  append("c");
  EXPECT_EQ(log->segment_count(), 2U);
}

TEST_F(LogAppend, RollsSoonerByAJitterThatDiffersFromSegmentToSegment) {
  config.segment_ms = 1000;
  config.segment_jitter_ms = 600;
  log->set_config(config);
  std::set<std::int64_t> lives;
  for (int segment = 0; segment < 20; ++segment) {
    append("first");
    const auto began = wall;
    const auto segments = log->segment_count();
    while (log->segment_count() == segments) {
      ++wall;
      ASSERT_TRUE(log->roll_if_due(wall).has_value());
    }
    lives.insert(wall - began);
  }
  EXPECT_GT(*lives.begin(), 1000 - 600);
  EXPECT_LE(*lives.rbegin(), 1000);
  EXPECT_GT(lives.size(), 10U);
}

/// Importing a week of old events must not make a segment of each.
TEST_F(LogAppend, DoesNotRollBecauseTimestampsAreOld) {
  config.segment_ms = 100;
  log->set_config(config);
  for (int i = 0; i < 5; ++i) append("old", 1);
  EXPECT_EQ(log->segment_count(), 1U);
}

TEST_F(LogAppend, RefusesABatchLargerThanASegment) {
  Bytes batch = batch_of("big", 1, 2000);
  const auto base = log->append(batch, 0, wall);
  ASSERT_FALSE(base);
  EXPECT_EQ(base.error().code, Errc::too_large);
  EXPECT_EQ(append("next"), Offset(0));
}

TEST_F(LogAppend, RefusesBytesThatAreNotOneWholeBatch) {
  Bytes batch = batch_of("a", 1);
  batch.push_back(std::byte{0});
  EXPECT_EQ(log->append(batch, 0, wall).error().code, Errc::invalid);
  batch.resize(20);
  EXPECT_EQ(log->append(batch, 0, wall).error().code, Errc::invalid);
}

TEST_F(LogAppend, GoesOnWhenSpaceIsThereAgain) {
  append("a");
  disk.set_capacity(disk.content(path(0))->size() + 20);
  config.segment_bytes = 100'000;
  log->set_config(config);
  padding = 70'000;
  Bytes batch = batch_of("b", 1, padding);
  const auto refused = log->append(batch, 0, wall);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::no_space);
  EXPECT_FALSE(log->offline());
  EXPECT_EQ(log->end(), Offset(1));
  disk.set_capacity(std::nullopt);
  EXPECT_EQ(append("b"), Offset(1));
  EXPECT_EQ(read(), "0:a 1:b");
}

TEST_F(LogAppend, GoesOfflineWhenAWriteFailsAndStillReads) {
  append("a");
  disk.fail(1, Errc::io, support::Call::write);
  Bytes batch = batch_of("b", 1);
  EXPECT_EQ(log->append(batch, 0, wall).error().code, Errc::io);
  ASSERT_TRUE(log->offline());
  EXPECT_EQ(log->append(batch, 0, wall).error().code, Errc::offline);
  EXPECT_FALSE(log->prepare_flush());
  EXPECT_EQ(read(), "0:a");
}

TEST_F(LogAppend, ReservesNothingForAQuietPartition) {
  EXPECT_EQ(disk.content(path(0))->size(), 0U);
  config.segment_bytes = 1 << 20;
  log->set_config(config);
  append("a");
  EXPECT_EQ(disk.content(path(0))->size(), 64U << 10);
}

TEST_F(LogAppend, TrimsWhatWasReservedWhenItCloses) {
  append("a");
  const auto bytes = log->bytes();
  ASSERT_TRUE(log->close());
  EXPECT_EQ(disk.content(path(0))->size(), bytes);
}

TEST_F(LogRead, BeginsWithTheBatchThatHoldsTheOffset) {
  append("a b c");
  append("d");
  const auto slice = log->read(Offset(1), 10'000, log->end(), true);
  ASSERT_TRUE(slice);
  EXPECT_EQ(slice->first, Offset(0));
  EXPECT_EQ(slice->next, Offset(4));
  EXPECT_EQ(words_in(bytes_of(*slice)), "0:a 1:b 2:c 3:d");
}

TEST_F(LogRead, CutsAtBatchBoundariesWithinTheLimit) {
  for (int i = 0; i < 6; ++i) append("word");
  const auto size = batch_of("word", 1).size();
  EXPECT_EQ(log->read(Offset(1), 3 * size, log->end(), true)->length, 3 * size);
  EXPECT_EQ(log->read(Offset(1), 3 * size - 1, log->end(), true)->length, 2 * size);
  EXPECT_EQ(log->read(Offset(1), 3 * size, log->end(), true)->next, Offset(4));
}

TEST_F(LogRead, GivesOneBatchBeyondTheLimitOnlyWhenAsked) {
  append("a b c");
  EXPECT_EQ(words_in(bytes_of(*log->read(Offset(0), 1, log->end(), true))), "0:a 1:b 2:c");
  const auto nothing = log->read(Offset(0), 1, log->end(), false);
  ASSERT_TRUE(nothing);
  EXPECT_EQ(nothing->file, nullptr);
}

TEST_F(LogRead, NeverGoesBeyondTheBound) {
  for (int i = 0; i < 5; ++i) append("a b");
  for (std::int64_t below = 0; below <= 10; ++below) {
    const auto slice = log->read(Offset(0), 10'000, Offset(below), true);
    ASSERT_TRUE(slice);
    EXPECT_EQ(slice->next, Offset(below / 2 * 2)) << below;
    EXPECT_EQ(slice->length, static_cast<std::size_t>(below / 2) * batch_of("a b", 1).size()) << below;
  }
}

TEST_F(LogRead, FindsEveryOffsetInEverySegment) {
  for (int i = 0; i < 60; ++i) append(i % 3 == 0 ? "a b c" : "a");
  for (std::int64_t at = 0; at < log->end().value(); ++at) {
    const auto slice = log->read(Offset(at), 1, log->end(), true);
    ASSERT_TRUE(slice) << at;
    EXPECT_LE(slice->first, Offset(at));
    EXPECT_GT(slice->next, Offset(at));
    EXPECT_EQ(record::read_header(bytes_of(*slice)).base_offset, slice->first);
  }
}

TEST_F(LogRead, RefusesOffsetsOutsideTheLog) {
  append("a b c");
  flush();
  ASSERT_TRUE(log->advance_start(Offset(2)));
  EXPECT_EQ(log->read(Offset(1), 100, log->end(), true).error().code, Errc::not_found);
  EXPECT_EQ(log->read(Offset(4), 100, log->end(), true).error().code, Errc::not_found);
  EXPECT_EQ(log->read(Offset(3), 100, log->end(), true)->file, nullptr);
}

TEST_F(LogRead, KeepsAnOpenSliceReadableWhenItsSegmentIsDeleted) {
  fill_segment();
  flush();
  const auto slice = log->read(Offset(0), 10'000, log->end(), true);
  const Bytes before = bytes_of(*slice);
  const auto doomed = log->retire({.bytes = 0}, log->durable_end(), wall);
  ASSERT_TRUE(doomed);
  ASSERT_TRUE(remove(disk, *doomed));
  EXPECT_EQ(bytes_of(*slice), before);
}

TEST_F(LogRead, WalksWholeBatchesAndStopsWhenTold) {
  for (int i = 0; i < 30; ++i) append("a b");
  std::vector<std::int64_t> seen;
  ASSERT_TRUE(log->walk(Offset(5), [&](const record::BatchHeader& header, ByteView batch) {
    EXPECT_TRUE(record::check_stored(batch));
    EXPECT_EQ(batch.size(), static_cast<std::size_t>(header.size()));
    seen.push_back(header.base_offset.value());
    return seen.size() < 20;
  }));
  ASSERT_EQ(seen.size(), 20U);
  EXPECT_EQ(seen.front(), 4);
  EXPECT_EQ(seen.back(), 42);
}

TEST_F(LogRead, WalksHeadersThroughAllSegments) {
  for (int i = 0; i < 30; ++i) append("a b");
  close_and_reopen();
  std::int64_t expected = 0;
  ASSERT_TRUE(log->walk_headers(Offset(0), [&](const record::BatchHeader& header) {
    EXPECT_EQ(header.base_offset, Offset(expected));
    expected += 2;
    return true;
  }));
  EXPECT_EQ(expected, 60);
}

}  // namespace
}  // namespace millrace::log
