#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/partition_language.hpp"

namespace millrace::broker {
namespace {

TEST(PartitionRead, BeginsWithTheBatchThatHoldsTheOffset) {
  Bench bench;
  bench.plain(3);
  bench.plain(2);
  bench.flush();
  EXPECT_EQ(bench.read(1), "0-2 3-4");
  EXPECT_EQ(bench.read(3), "3-4");
  EXPECT_EQ(bench.read(5), "nothing");
}

TEST(PartitionRead, AnswersOutOfRangeOutsideOfTheLogAndNothingAboveTheHighWatermark) {
  Bench bench;
  bench.plain(3);
  bench.flush();
  bench.plain(2);
  EXPECT_EQ(bench.read(-1), "OFFSET_OUT_OF_RANGE");
  EXPECT_EQ(bench.read(6), "OFFSET_OUT_OF_RANGE");
  EXPECT_EQ(bench.read(4), "nothing") << "it exists and is not visible yet: no reason to reset a consumer";
  ASSERT_EQ(bench.partition->delete_records(Offset(3)).error, ErrorCode::none);
  EXPECT_EQ(bench.read(2), "OFFSET_OUT_OF_RANGE");
  EXPECT_EQ(bench.read(3), "nothing");
}

TEST(PartitionRead, CarriesTheThreeOffsetsAlsoWithAnError) {
  Bench bench;
  bench.plain(3);
  bench.plain(1);
  bench.flush();
  ASSERT_EQ(bench.partition->delete_records(Offset(3)).error, ErrorCode::none);
  for (const std::int64_t offset : {0, 3, 99}) {
    const auto answer = bench.partition->read(Bench::from(offset));
    EXPECT_EQ(answer.high_watermark, Offset(4));
    EXPECT_EQ(answer.last_stable_offset, Offset(4));
    EXPECT_EQ(answer.log_start_offset, Offset(3));
  }
}

/// Relative to test_wall.
std::optional<Timestamp> time_of(Bench& bench, std::int64_t offset) {
  const auto found = bench.partition->time_of(Offset(offset));
  EXPECT_TRUE(found);
  return *found ? std::optional(**found - test_wall) : std::nullopt;
}

TEST(PartitionTimeOf, IsThatOfTheFirstRecordOfTheBatchThatHoldsTheOffset) {
  Bench bench;
  bench.plain_at({10, 5, 20});
  bench.plain_at({70, 90});
  bench.flush();
  EXPECT_EQ(time_of(bench, 0), 10);
  EXPECT_EQ(time_of(bench, 2), 10);
  EXPECT_EQ(time_of(bench, 3), 70);
  EXPECT_EQ(time_of(bench, 5), std::nullopt) << "there is nothing";
  bench.restart();
  EXPECT_EQ(time_of(bench, 3), 70);
}

TEST(PartitionTimeOf, KnowsNothingThatReadersMayNotSee) {
  Bench bench;
  bench.plain_at({10});
  bench.flush();
  bench.plain_at({70});
  EXPECT_EQ(time_of(bench, 1), std::nullopt);
  bench.flush();
  EXPECT_EQ(time_of(bench, 1), 70);
}

TEST(PartitionTimeOf, BeginsWhereTheLogDoes) {
  Bench bench;
  bench.plain_at({10});
  bench.plain_at({70});
  bench.flush();
  ASSERT_EQ(bench.partition->delete_records(Offset(1)).error, ErrorCode::none);
  EXPECT_EQ(time_of(bench, 0), 70);
}

TEST(PartitionTimeOf, IsThatOfTheAppendWhereTheBrokerDatesRecords) {
  auto settings = small_settings();
  settings.rules.timestamp_type = record::TimestampType::log_append_time;
  Bench bench(settings);
  bench.plain_at({-5'000});
  bench.flush();
  EXPECT_EQ(time_of(bench, 0), 0);
}

TEST(PartitionRead, AFollowerReadsToTheLogEnd) {
  Bench bench;
  bench.plain(3);
  bench.flush();
  bench.plain(2);
  auto spec = Bench::from(0);
  EXPECT_EQ(bench.read(spec), "0-2");
  spec.for_follower = true;
  EXPECT_EQ(bench.read(spec), "0-2 3-4");
}

TEST(PartitionRead, GivesWholeBatchesAndAtLeastOneIfAsked) {
  Bench bench;
  const auto one = bench.batch("7/0 0-0").size();
  for (int i = 0; i < 4; ++i) bench.send("7/0 " + std::to_string(i) + "-" + std::to_string(i));
  bench.flush();
  auto spec = Bench::from(0);
  spec.max_bytes = 2 * one + one / 2;
  EXPECT_EQ(bench.read(spec), "0-0 1-1");
  spec.max_bytes = 1;
  EXPECT_EQ(bench.read(spec), "0-0");
  spec.at_least_one = false;
  EXPECT_EQ(bench.read(spec), "nothing");
}

TEST(PartitionRead, ChecksTheLeaderEpoch) {
  Bench bench;
  bench.partition->set_leader_epoch(5);
  bench.plain(1);
  bench.flush();
  auto spec = Bench::from(0);
  const std::pair<LeaderEpoch, const char*> asked[] = {
      {-1, "0-0"}, {5, "0-0"}, {4, "FENCED_LEADER_EPOCH"}, {0, "FENCED_LEADER_EPOCH"}, {6, "UNKNOWN_LEADER_EPOCH"}};
  for (const auto& [epoch, answer] : asked) {
    spec.current_leader_epoch = epoch;
    EXPECT_EQ(bench.read(spec), answer) << epoch;
  }
}

TEST(PartitionRead, TellsWhereAnotherHistoryBegan) {
  Bench bench;
  bench.plain(2);
  bench.partition->set_leader_epoch(3);
  bench.plain(2);
  bench.flush();
  struct Case {
    std::int64_t from;
    LeaderEpoch last_fetched;
    LeaderEpoch epoch;
    std::int64_t end_offset;
  };
  // Kafka: the largest epoch up to the asked one and its end, when that is another epoch or lies before the offset.
  for (const auto& [from, last_fetched, epoch, end_offset] :
       {Case{3, 0, 0, 2}, Case{2, 2, 0, 2}, Case{9, 3, 3, 4}, Case{1, 1, 0, 2}}) {
    auto spec = Bench::from(from);
    spec.last_fetched_epoch = last_fetched;
    const auto answer = bench.partition->read(spec);
    EXPECT_EQ(answer.error, ErrorCode::none);
    ASSERT_TRUE(answer.diverging) << from;
    EXPECT_EQ(answer.diverging->epoch, epoch) << from;
    EXPECT_EQ(answer.diverging->end_offset, Offset(end_offset)) << from;
    EXPECT_EQ(answer.slice.length, 0) << from;
    EXPECT_EQ(answer.high_watermark, Offset(4)) << from;
  }
  auto spec = Bench::from(2);
  for (const LeaderEpoch consistent : {0, 3, -1, -2}) {
    spec.last_fetched_epoch = consistent;
    EXPECT_FALSE(bench.partition->read(spec).diverging) << consistent;
  }
  spec.last_fetched_epoch = 4;
  EXPECT_EQ(bench.read(spec), "OFFSET_OUT_OF_RANGE") << "an epoch to come";
}

TEST(PartitionRead, ReadUncommittedGetsNoListOfAbortedTransactions) {
  Bench bench;
  bench.send("7/0 0-0 t");
  bench.decide(7, Marker::abort);
  bench.flush();
  EXPECT_EQ(bench.aborted(Bench::from(0)), "null");
  EXPECT_EQ(bench.aborted(Bench::committed_from(0)), "7@0");
}

TEST(LastStableOffset, IsTheHighWatermarkWithoutTransactions) {
  Bench bench;
  bench.plain(3);
  bench.flush();
  EXPECT_EQ(bench.partition->last_stable_offset(), Offset(3));
  EXPECT_EQ(bench.aborted(Bench::committed_from(0)), "");
}

TEST(LastStableOffset, AnOpenTransactionHoldsItBack) {
  Bench bench;
  bench.plain(2);
  bench.send("7/0 0-1 t");  // 2-3
  bench.plain(1);           // 4
  bench.send("8/0 0-0 t");  // 5
  bench.flush();
  EXPECT_EQ(bench.partition->last_stable_offset(), Offset(2));
  EXPECT_EQ(bench.read(Bench::committed_from(0)), "0-1");
  EXPECT_EQ(bench.read(Bench::committed_from(3)), "nothing");
  EXPECT_EQ(bench.read(0), "0-1 2-3 4-4 5-5");

  bench.decide(7, Marker::commit);  // 6
  EXPECT_EQ(bench.partition->last_stable_offset(), Offset(2)) << "the marker is not durable yet";
  bench.flush();
  EXPECT_EQ(bench.partition->last_stable_offset(), Offset(5));
  bench.decide(8, Marker::abort);  // 7
  bench.flush();
  EXPECT_EQ(bench.partition->last_stable_offset(), Offset(8));
  EXPECT_EQ(bench.read(Bench::committed_from(0)), "0-1 2-3 4-4 5-5 6-6 7-7");
  EXPECT_EQ(bench.aborted(Bench::committed_from(0)), "8@5");
}

TEST(LastStableOffset, IsNeverBelowTheLogStart) {
  Bench bench;
  bench.send("7/0 0-1 t");
  bench.plain(3);
  bench.flush();
  ASSERT_EQ(bench.partition->delete_records(Offset(4)).error, ErrorCode::none);
  EXPECT_EQ(bench.partition->last_stable_offset(), Offset(4));
}

TEST(AbortedTransactions, AreThoseThatOverlapWhatIsReadInOrderOfTheirFirstOffset) {
  Bench bench;
  bench.send("7/0 0-0 t");          // 0
  bench.send("8/0 0-0 t");          // 1
  bench.decide(8, Marker::abort);   // 2
  bench.decide(7, Marker::abort);   // 3
  bench.plain(1);                   // 4
  bench.send("8/0 1-1 t");          // 5
  bench.decide(8, Marker::commit);  // 6
  bench.send("7/0 1-1 t");          // 7
  bench.decide(7, Marker::abort);   // 8
  bench.flush();
  EXPECT_EQ(bench.aborted(Bench::committed_from(0)), "7@0 8@1 7@7");
  EXPECT_EQ(bench.aborted(Bench::committed_from(3)), "7@0 7@7");
  EXPECT_EQ(bench.aborted(Bench::committed_from(4)), "7@7");
  EXPECT_EQ(bench.aborted(Bench::committed_from(9)), "");
}

TEST(AvailableBytes, IsWhatAReadCouldGive) {
  Bench bench;
  const auto available = [&](std::int64_t from, Isolation isolation = Isolation::read_uncommitted) {
    return bench.partition->available_bytes(Offset(from), isolation);
  };
  const auto plain = bench.batch("7/0 0-0").size();
  const auto transactional = bench.batch("8/0 0-0 t").size();
  EXPECT_EQ(available(0), 0U);
  bench.send("7/0 0-0");
  EXPECT_EQ(available(0), 0U) << "not flushed";
  bench.flush();
  bench.send("7/0 1-1");
  bench.send("8/0 0-0 t");
  bench.flush();
  EXPECT_EQ(available(0), 2 * plain + transactional);
  EXPECT_EQ(available(1), plain + transactional);
  EXPECT_EQ(available(1, Isolation::read_committed), plain);
  EXPECT_EQ(available(3), 0U);
}

TEST(AvailableBytes, OfOldRecordsIsAGuessThatIsNeverNothing) {
  Bench bench;
  const auto one = bench.batch("7/0 0-0").size();
  for (int i = 0; i < 10; ++i) bench.send("7/0 " + std::to_string(i) + "-" + std::to_string(i));
  bench.restart();
  const auto guess = bench.partition->available_bytes(Offset(5), Isolation::read_uncommitted);
  EXPECT_GE(guess, 4 * one);
  EXPECT_LE(guess, 6 * one);
  for (int i = 0; i < 10; ++i) {
    EXPECT_GT(bench.partition->available_bytes(Offset(i), Isolation::read_uncommitted), 0U) << i;
  }
}

/// "offset@timestamp", the timestamp relative to test_wall.
std::string listed(Bench& bench, Timestamp timestamp, Isolation isolation = Isolation::read_uncommitted) {
  const auto answer = bench.partition->list_offset({timestamp, isolation, -1});
  if (answer.error != ErrorCode::none) return std::string(name_of(answer.error));
  const auto time = answer.timestamp == no_timestamp ? "none" : std::to_string(answer.timestamp - test_wall);
  return std::to_string(answer.offset.value()) + "@" + time;
}

TEST(ListOffsets, LatestIsWhatTheReaderMaySee) {
  Bench bench;
  bench.plain(3);
  bench.send("7/0 0-0 t");
  bench.flush();
  bench.plain(1);
  EXPECT_EQ(listed(bench, -1), "4@none");
  EXPECT_EQ(listed(bench, -1, Isolation::read_committed), "3@none");
}

TEST(ListOffsets, EarliestIsTheLogStart) {
  Bench bench;
  EXPECT_EQ(listed(bench, -2), "0@none");
  bench.plain(3);
  bench.flush();
  ASSERT_EQ(bench.partition->delete_records(Offset(2)).error, ErrorCode::none);
  EXPECT_EQ(listed(bench, -2), "2@none");
  EXPECT_EQ(listed(bench, -4), "2@none");
}

TEST(ListOffsets, ByTimeGivesTheFirstRecordAtOrAfterItToTheRecord) {
  Bench bench;
  bench.plain_at({10, 30, 20});  // 0-2: not sorted inside the batch
  bench.plain_at({25, 40});      // 3-4
  bench.flush();
  bench.plain_at({99});  // 5, not visible
  const std::pair<Timestamp, const char*> asked[] = {{0, "0@10"},  {10, "0@10"}, {11, "1@30"},   {30, "1@30"},
                                                     {31, "4@40"}, {40, "4@40"}, {41, "-1@none"}};
  for (const auto& [time, answer] : asked) EXPECT_EQ(listed(bench, test_wall + time), answer) << time;
}

TEST(ListOffsets, MaxTimestampGivesTheFirstRecordThatHasIt) {
  Bench bench;
  EXPECT_EQ(listed(bench, -3), "-1@none");
  bench.plain_at({10, 50, 20});
  bench.plain_at({50, 40});
  bench.flush();
  bench.plain_at({99});
  EXPECT_EQ(listed(bench, -3), "1@50");
}

TEST(ListOffsets, KnowsNoOtherNegativeTimestamps) {
  Bench bench;
  EXPECT_EQ(listed(bench, -5), "-1@none") << "nothing is tiered";
  EXPECT_EQ(listed(bench, -6), "-1@none") << "nor is to be";
  EXPECT_EQ(listed(bench, -7), "INVALID_REQUEST");
  EXPECT_EQ(listed(bench, INT64_MIN), "INVALID_REQUEST");
}

TEST(ListOffsets, ChecksAndTellsTheLeaderEpoch) {
  Bench bench;
  bench.plain(2);
  bench.partition->set_leader_epoch(3);
  bench.plain(2);
  bench.flush();
  EXPECT_EQ(bench.partition->list_offset({-1, Isolation::read_uncommitted, 2}).error, ErrorCode::fenced_leader_epoch);
  EXPECT_EQ(bench.partition->list_offset({-1, Isolation::read_uncommitted, 4}).error, ErrorCode::unknown_leader_epoch);
  EXPECT_EQ(bench.partition->list_offset({-1, Isolation::read_uncommitted, 3}).leader_epoch, 3);
  EXPECT_EQ(bench.partition->list_offset({-2, Isolation::read_uncommitted, 3}).leader_epoch, 0);
  ASSERT_EQ(bench.partition->delete_records(Offset(2)).error, ErrorCode::none);
  EXPECT_EQ(bench.partition->list_offset({-2, Isolation::read_uncommitted, 3}).leader_epoch, 3);
}

TEST(LeaderEpochs, EndWhereTheNextOneBegins) {
  Bench bench;
  bench.plain(2);
  bench.partition->set_leader_epoch(3);
  bench.plain(2);
  const auto ends = [&](LeaderEpoch asked) {
    const auto answer = bench.partition->end_of_epoch(asked, -1);
    return std::pair(answer.epoch, answer.end_offset.value());
  };
  EXPECT_EQ(ends(0), std::pair(0, std::int64_t{2}));
  EXPECT_EQ(ends(2), std::pair(0, std::int64_t{2}));
  EXPECT_EQ(ends(3), std::pair(3, std::int64_t{4}));
  EXPECT_EQ(bench.partition->end_of_epoch(0, 2).error, ErrorCode::fenced_leader_epoch);
}

TEST(LeaderEpochs, DoNotGoBackOverARestart) {
  Bench bench;
  bench.partition->set_leader_epoch(3);
  bench.plain(2);
  bench.restart();
  EXPECT_EQ(bench.partition->leader_epoch(), 3);
}

TEST(DeleteRecords, MovesTheStartWithinWhatIsVisible) {
  Bench bench;
  bench.plain(4);
  bench.flush();
  bench.plain(2);
  const auto to = [&](std::int64_t offset) {
    const auto answer = bench.partition->delete_records(Offset(offset));
    if (answer.error != ErrorCode::none) return std::string(name_of(answer.error));
    return std::to_string(answer.low_watermark.value());
  };
  EXPECT_EQ(to(2), "2");
  EXPECT_EQ(to(1), "2") << "it never goes back";
  EXPECT_EQ(to(5), "OFFSET_OUT_OF_RANGE");
  EXPECT_EQ(to(-2), "OFFSET_OUT_OF_RANGE");
  EXPECT_EQ(to(-1), "4") << "-1 is the high watermark";
  EXPECT_EQ(bench.partition->start(), Offset(4));
}

TEST(Retention, LetsOldSegmentsGoAndKeepsWhatIsNotFlushed) {
  auto settings = small_settings();
  settings.log.segment_bytes = 400;
  settings.retention.bytes = 400;
  Bench bench(settings);
  for (int i = 0; i < 20; ++i) bench.plain(2);
  const auto none = bench.partition->retire(bench.now);
  ASSERT_TRUE(none);
  EXPECT_EQ(none->segments, 0U) << "nothing is visible yet, so nothing goes";
  bench.flush();
  const auto doomed = bench.partition->retire(bench.now);
  ASSERT_TRUE(doomed);
  EXPECT_GT(doomed->segments, 0U);
  ASSERT_TRUE(log::remove(bench.disk, *doomed));
  EXPECT_GT(bench.partition->start(), Offset(0));
  EXPECT_EQ(bench.read(0), "OFFSET_OUT_OF_RANGE");
  EXPECT_GE(bench.partition->bytes(), 400U);
  EXPECT_NE(bench.read(bench.partition->start().value()), "nothing");
}

TEST(Retention, GoesByTheTimeOfTheNewestRecord) {
  auto settings = small_settings();
  settings.log.segment_bytes = 400;
  settings.retention.ms = 1000;
  Bench bench(settings);
  for (int i = 0; i < 20; ++i) bench.plain(2);
  bench.flush();
  const auto early = bench.partition->retire({bench.now.steady, test_wall + 1000});
  ASSERT_TRUE(early);
  EXPECT_EQ(early->segments, 0U);
  const auto due = bench.partition->retire({bench.now.steady, test_wall + 1001});
  ASSERT_TRUE(due);
  EXPECT_GT(due->segments, 0U);
}

}  // namespace
}  // namespace millrace::broker
