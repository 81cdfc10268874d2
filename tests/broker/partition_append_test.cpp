#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/partition_language.hpp"

namespace millrace::broker {
namespace {

TEST(PartitionAppend, HandsOutOffsetsWithoutHoles) {
  Bench bench;
  EXPECT_EQ(bench.plain(3), "at 0");
  EXPECT_EQ(bench.plain(1), "at 3");
  EXPECT_EQ(bench.plain(2), "at 4");
  EXPECT_EQ(bench.partition->end(), Offset(6));
}

TEST(PartitionAppend, AnswersWhatTheProducerMustKnow) {
  Bench bench;
  bench.plain(2);
  const auto answer = bench.append(bench.batch("7/0 0-4"));
  EXPECT_EQ(answer.base_offset, Offset(2));
  EXPECT_EQ(answer.next, Offset(7));
  EXPECT_EQ(answer.log_start_offset, Offset(0));
  EXPECT_EQ(answer.log_append_time, no_timestamp);
  EXPECT_FALSE(answer.duplicate);
}

TEST(PartitionAppend, TellsTheAppendTimeOfATopicWithLogAppendTime) {
  auto settings = small_settings();
  settings.rules.timestamp_type = record::TimestampType::log_append_time;
  Bench bench(settings);
  EXPECT_EQ(bench.append(bench.batch("7/0 0-0")).log_append_time, test_wall);
  bench.now.wall += 500;
  const auto again = bench.append(bench.batch("7/0 0-0"));
  EXPECT_TRUE(again.duplicate);
  EXPECT_EQ(again.log_append_time, test_wall) << "a retry gets the time of the first copy";
}

TEST(PartitionAppend, ARetryIsStoredOnceAndAnsweredWithTheFirstOffset) {
  Bench bench;
  bench.plain(2);
  EXPECT_EQ(bench.send("7/0 0-2"), "at 2");
  const auto again = bench.append(bench.batch("7/0 0-2"));
  EXPECT_EQ(Bench::line_of(again), "again at 2");
  EXPECT_EQ(again.next, Offset(5)) << "the answer waits for the same flush as the first one";
  EXPECT_EQ(bench.partition->end(), Offset(5));
  EXPECT_EQ(bench.send("7/0 4-4"), "OUT_OF_ORDER_SEQUENCE_NUMBER");
  EXPECT_EQ(bench.partition->end(), Offset(5));
}

TEST(PartitionAppend, ABatchLargerThanASegmentIsRefused) {
  auto settings = small_settings();
  settings.log.segment_bytes = 300;
  Bench bench(settings);
  EXPECT_EQ(bench.plain(100), "RECORD_LIST_TOO_LARGE");
  EXPECT_EQ(bench.partition->end(), Offset(0));
  EXPECT_EQ(bench.plain(1), "at 0");
}

TEST(PartitionAppend, ARefusedBatchIsNotRemembered) {
  auto settings = small_settings();
  settings.log.segment_bytes = 300;
  Bench bench(settings);
  EXPECT_EQ(bench.send("7/0 0-99"), "RECORD_LIST_TOO_LARGE");
  EXPECT_EQ(bench.send("7/0 0-99"), "RECORD_LIST_TOO_LARGE");
  EXPECT_EQ(bench.send("7/0 0-0"), "at 0");
}

TEST(PartitionAppend, StoresTheLeaderEpoch) {
  Bench bench;
  bench.plain(1);
  bench.partition->set_leader_epoch(4);
  bench.plain(1);
  std::vector<LeaderEpoch> epochs;
  const auto walked = bench.partition->log().walk_headers(Offset(0), [&](const record::BatchHeader& header) {
    epochs.push_back(header.leader_epoch);
    return true;
  });
  ASSERT_TRUE(walked);
  EXPECT_THAT(epochs, testing::ElementsAre(0, 4));
}

TEST(HighWatermark, UnderFsyncReadersSeeOnlyWhatWasFlushed) {
  Bench bench;
  bench.plain(3);
  EXPECT_EQ(bench.partition->high_watermark(), Offset(0));
  EXPECT_EQ(bench.read(0), "nothing");
  bench.flush();
  EXPECT_EQ(bench.partition->high_watermark(), Offset(3));
  EXPECT_EQ(bench.read(0), "0-2");
  bench.plain(1);
  EXPECT_EQ(bench.partition->high_watermark(), Offset(3));
  EXPECT_EQ(bench.read(0), "0-2");
}

TEST(HighWatermark, AFlushTellsHowFarReadersSeeFurther) {
  Bench bench;
  const auto first = bench.batch("7/0 0-2").size();
  const auto answer = bench.append(bench.batch("7/0 0-2"));
  EXPECT_EQ(answer.visible.before, answer.visible.after);
  const auto ticket = bench.partition->prepare_flush();
  ASSERT_TRUE(ticket);
  const auto second = bench.batch("7/0 3-3").size();
  bench.append(bench.batch("7/0 3-3"));

  ASSERT_TRUE(log::perform(bench.disk, ticket->work));
  const auto progress = bench.partition->flushed(*ticket);
  EXPECT_EQ(progress.before, Offset(0));
  EXPECT_EQ(progress.after, Offset(3)) << "the second batch was not part of this flush";
  EXPECT_EQ(progress.bytes, first);

  const auto rest = bench.flush();
  EXPECT_EQ(rest.after, Offset(4));
  EXPECT_EQ(rest.bytes, second);
}

TEST(HighWatermark, UnderTheOtherDurabilitiesItIsTheLogEnd) {
  for (const auto durability : {Durability::interval, Durability::os}) {
    auto settings = small_settings();
    settings.durability = durability;
    Bench bench(settings);
    const auto batch = bench.batch("7/0 0-2");
    const auto answer = bench.append(batch);
    EXPECT_EQ(answer.visible.before, Offset(0));
    EXPECT_EQ(answer.visible.after, Offset(3));
    EXPECT_EQ(answer.visible.bytes, batch.size());
    EXPECT_EQ(bench.read(0), "0-2");
    EXPECT_EQ(bench.partition->durable_end(), Offset(0));
    EXPECT_EQ(bench.flush().bytes, 0U) << "nobody sees more because of a flush";
  }
}

TEST(HighWatermark, ATighterDurabilityTakesBackNothingThatWasSeen) {
  auto settings = small_settings();
  settings.durability = Durability::os;
  Bench bench(settings);
  bench.plain(3);
  settings.durability = Durability::fsync;
  bench.partition->set_settings(settings);
  EXPECT_EQ(bench.partition->high_watermark(), Offset(3));
  bench.plain(1);
  EXPECT_EQ(bench.partition->high_watermark(), Offset(3));
  bench.flush();
  EXPECT_EQ(bench.partition->high_watermark(), Offset(4));
}

TEST(PartitionOffline, RefusesAppendsAndGoesOnServingReads) {
  Bench bench;
  bench.send("7/0 0-2");
  bench.flush();
  bench.send("7/0 3-3");
  bench.partition->take_offline({Errc::io, "fdatasync: input/output error"});
  const auto refused = bench.append(bench.batch("7/0 4-4"));
  EXPECT_EQ(refused.error, ErrorCode::kafka_storage_error);
  EXPECT_THAT(refused.message, testing::HasSubstr("input/output error"));
  EXPECT_EQ(bench.read(0), "0-2");
  EXPECT_EQ(bench.send("7/0 0-2"), "again at 0") << "flushed before: the promise holds";
  EXPECT_EQ(bench.send("7/0 3-3"), "KAFKA_STORAGE_ERROR") << "never flushed: nothing to promise";
}

TEST(PartitionMarkers, AreFencedByEpochs) {
  Bench bench;
  bench.send("7/2 0-0 t");
  EXPECT_EQ(bench.decide(7, Marker::commit, 1), "INVALID_PRODUCER_EPOCH");
  EXPECT_EQ(bench.decide(7, Marker::commit, 2, 5), "at 1");
  EXPECT_EQ(bench.decide(7, Marker::commit, 2, 4), "TRANSACTION_COORDINATOR_FENCED");
  EXPECT_EQ(bench.partition->end(), Offset(2));
}

TEST(PartitionMarkers, AreKafkasControlBatches) {
  Bench bench;
  bench.send("7/3 0-0 t");
  bench.decide(7, Marker::abort, 3, 9);
  bench.decide(7, Marker::commit, 3, 9);
  std::vector<std::pair<Bytes, Bytes>> control;
  const auto walked = bench.partition->log().walk(Offset(0), [&](const record::BatchHeader& header, ByteView batch) {
    if (!header.is_control()) return true;
    EXPECT_TRUE(header.is_transactional());
    EXPECT_EQ(header.producer_id, 7);
    EXPECT_EQ(header.producer_epoch, 3);
    EXPECT_EQ(header.base_sequence, -1);
    const auto records = record::read_records(batch);
    EXPECT_TRUE(records);
    EXPECT_EQ(records->size(), 1U);
    control.emplace_back(*records->front().key, *records->front().value);
    return true;
  });
  ASSERT_TRUE(walked);
  using std::string_view_literals::operator""sv;
  ASSERT_EQ(control.size(), 2U);
  EXPECT_EQ(as_text(control[0].first), "\0\0\0\0"sv) << "version 0, type 0: abort";
  EXPECT_EQ(as_text(control[1].first), "\0\0\0\1"sv) << "version 0, type 1: commit";
  EXPECT_EQ(as_text(control[0].second), "\0\0\0\0\0\x9"sv) << "version 0, coordinator epoch 9";
}

}  // namespace
}  // namespace millrace::broker
