#include "millrace/broker/producer_state.hpp"

#include <gtest/gtest.h>

#include "broker/producer_language.hpp"

namespace millrace::broker {
namespace {

using namespace std::chrono_literals;

TEST(ProducerState, BatchesWithoutAProducerPassAndLeaveNothing) {
  Producers producers;
  record::BatchHeader plain;
  EXPECT_TRUE(std::holds_alternative<AppendIt>(producers.state.check(plain)));
  producers.state.update(plain, {});
  EXPECT_EQ(producers.state.size(), 0U);
}

TEST(ProducerState, AnUnknownProducerMayBeginAnywhere) {
  Producers producers;
  EXPECT_EQ(producers.send("7/3 41-42"), "at 0");
  EXPECT_EQ(producers.send("7/3 43-43"), "at 2");
}

TEST(ProducerState, SequencesFollowEachOther) {
  Producers producers;
  EXPECT_EQ(producers.send("7/0 0-2"), "at 0");
  EXPECT_EQ(producers.send("7/0 4-5"), "OUT_OF_ORDER_SEQUENCE_NUMBER");  // 3 is missing
  EXPECT_EQ(producers.send("7/0 1-5"), "OUT_OF_ORDER_SEQUENCE_NUMBER");  // overlaps, and is no retry
  EXPECT_EQ(producers.send("7/0 3-5"), "at 3");
}

TEST(ProducerState, SequencesWrapFromTheLargestToZero) {
  Producers producers;
  EXPECT_EQ(producers.send("7/0 2147483646-2147483647"), "at 0");
  EXPECT_EQ(producers.send("7/0 0-1"), "at 2");

  EXPECT_EQ(producers.send("8/0 2147483646-1"), "at 4");  // four records, wrapping inside the batch
  EXPECT_EQ(producers.end, Offset(8));
  EXPECT_EQ(producers.send("8/0 2147483646-1"), "again at 4");
  EXPECT_EQ(producers.send("8/0 2-2"), "at 8");
}

TEST(ProducerState, ARetryGetsTheFirstCopysOffsets) {
  Producers producers;
  producers.send("9/0 0-9");
  producers.send("7/0 0-2");
  const auto verdict = producers.state.check(batch_of("7/0 0-2"));
  const auto* duplicate = std::get_if<Duplicate>(&verdict);
  ASSERT_NE(duplicate, nullptr);
  EXPECT_EQ(duplicate->base_offset, Offset(10));
  EXPECT_EQ(duplicate->next, Offset(13));
  EXPECT_EQ(duplicate->log_append_time, no_timestamp);
}

TEST(ProducerState, ARetryGetsTheFirstCopysLogAppendTime) {
  ProducerState state;
  auto header = batch_of("7/0 0-2");
  header.attributes = 0x08;
  header.max_timestamp = 1234;
  state.update(header, {});
  const auto verdict = state.check(batch_of("7/0 0-2"));
  const auto* duplicate = std::get_if<Duplicate>(&verdict);
  ASSERT_NE(duplicate, nullptr);
  EXPECT_EQ(duplicate->log_append_time, 1234);
}

TEST(ProducerState, RemembersFiveBatchesAndNoMore) {
  Producers producers;
  for (int i = 0; i < 6; ++i) producers.send("7/0 " + std::to_string(i) + "-" + std::to_string(i));
  for (int i = 1; i < 6; ++i) {
    EXPECT_EQ(producers.send("7/0 " + std::to_string(i) + "-" + std::to_string(i)), "again at " + std::to_string(i));
  }
  EXPECT_EQ(producers.send("7/0 0-0"), "OUT_OF_ORDER_SEQUENCE_NUMBER");
}

TEST(ProducerState, ARetryIsKnownByItsFirstAndLastSequence) {
  Producers producers;
  producers.send("7/0 0-2");
  EXPECT_EQ(producers.send("7/0 0-3"), "OUT_OF_ORDER_SEQUENCE_NUMBER");
}

TEST(ProducerState, AnOlderEpochIsFenced) {
  Producers producers;
  producers.send("7/1 0-0");
  EXPECT_EQ(producers.send("7/0 1-1"), "INVALID_PRODUCER_EPOCH");
  EXPECT_EQ(producers.send("7/0 0-0"), "INVALID_PRODUCER_EPOCH");
}

TEST(ProducerState, ANewEpochBeginsAtZero) {
  Producers producers;
  producers.send("7/0 0-4");
  EXPECT_EQ(producers.send("7/1 5-5"), "OUT_OF_ORDER_SEQUENCE_NUMBER");
  EXPECT_EQ(producers.send("7/1 0-4"), "at 5") << "the same sequences of another epoch are not a retry";
  EXPECT_EQ(producers.send("7/1 5-5"), "at 10");
}

TEST(ProducerState, RefusesNegativeEpochsAndSequences) {
  Producers producers;
  EXPECT_EQ(producers.send("7/-1 0-0"), "INVALID_RECORD");
  EXPECT_EQ(producers.send("7/0 -1--1"), "INVALID_RECORD");
}

TEST(ProducerState, ForgetsWhoWasIdleForTheWholeTime) {
  Producers producers({.producers_max = 10, .expire_after = 100ms});
  producers.send("7/0 0-0");
  producers.now += 60ms;
  producers.send("8/0 0-0");
  producers.now += 40ms;
  producers.state.expire(producers.now);
  EXPECT_FALSE(producers.state.knows(7));
  EXPECT_TRUE(producers.state.knows(8));
}

TEST(ProducerState, TheLongestIdleGoesFirstWhenItIsFull) {
  Producers producers({.producers_max = 2, .expire_after = 24h});
  producers.send("7/0 0-0");
  producers.send("8/0 0-0");
  producers.send("7/0 1-1");
  producers.send("9/0 0-0");
  EXPECT_TRUE(producers.state.knows(7));
  EXPECT_FALSE(producers.state.knows(8));
  EXPECT_EQ(producers.state.size(), 2U);
}

TEST(ProducerState, NeverForgetsAnOpenTransaction) {
  Producers producers({.producers_max = 2, .expire_after = 100ms});
  producers.send("7/0 0-0 t");
  producers.send("8/0 0-0");
  producers.now += 1h;
  producers.state.expire(producers.now);
  EXPECT_TRUE(producers.state.knows(7));
  EXPECT_FALSE(producers.state.knows(8));

  producers.send("8/0 0-0 t");
  EXPECT_EQ(producers.send("9/0 0-0"), "POLICY_VIOLATION");
  producers.decide("7/0");
  EXPECT_EQ(producers.send("9/0 0-0"), "at 4");
  EXPECT_FALSE(producers.state.knows(7));
}

TEST(ProducerState, TheFirstOpenTransactionIsTheFirstUnstableOffset) {
  Producers producers;
  EXPECT_EQ(producers.first_unstable(), "none");
  producers.send("9/0 0-4");
  producers.send("7/0 0-0 t");  // 5
  producers.send("8/0 0-0 t");  // 6
  producers.send("7/0 1-1 t");  // 7: goes on, does not begin
  EXPECT_EQ(producers.first_unstable(), "5");
  const auto closed = producers.decide("7/0");  // marker at 8
  ASSERT_TRUE(closed);
  EXPECT_EQ(closed->producer_id, 7);
  EXPECT_EQ(closed->first_offset, Offset(5));
  EXPECT_EQ(closed->marker_offset, Offset(8));
  EXPECT_EQ(closed->last_stable_offset, Offset(6));
  EXPECT_EQ(producers.first_unstable(), "6");
  EXPECT_EQ(producers.decide("8/0")->last_stable_offset, Offset(10));
  EXPECT_EQ(producers.first_unstable(), "none");
}

TEST(ProducerState, ATransactionStaysUnstableUntilItsMarkerIsVisible) {
  Producers producers;
  producers.send("7/0 0-4 t");
  producers.decide("7/0");  // marker at 5
  EXPECT_EQ(producers.state.first_unstable(Offset(5)), Offset(0));
  EXPECT_EQ(producers.state.first_unstable(Offset(6)), std::nullopt);
  producers.state.settle(Offset(5));
  EXPECT_EQ(producers.state.first_unstable(Offset(5)), Offset(0)) << "the marker is at 5, not below";
  producers.state.settle(Offset(6));
  EXPECT_EQ(producers.state.first_unstable(Offset(5)), std::nullopt);
}

TEST(ProducerState, APlainBatchInsideATransactionIsRefused) {
  Producers producers;
  producers.send("7/0 0-0 t");
  EXPECT_EQ(producers.send("7/0 1-1"), "INVALID_TXN_STATE");
  producers.decide("7/0");
  EXPECT_EQ(producers.send("7/0 1-1"), "at 2");
}

TEST(ProducerState, AMarkerWithoutATransactionClosesNothing) {
  Producers producers;
  EXPECT_FALSE(producers.decide("7/0"));
  producers.send("7/0 0-0 t");
  EXPECT_TRUE(producers.decide("7/0"));
  EXPECT_FALSE(producers.decide("7/0"));
}

TEST(ProducerState, AMarkerThatRaisesTheEpochFencesTheOldOne) {
  Producers producers;
  producers.send("7/0 0-0 t");
  EXPECT_TRUE(producers.decide("7/1"));
  EXPECT_EQ(producers.send("7/0 1-1 t"), "INVALID_PRODUCER_EPOCH");
  EXPECT_EQ(producers.send("7/1 1-1 t"), "OUT_OF_ORDER_SEQUENCE_NUMBER");
  EXPECT_EQ(producers.send("7/1 0-0 t"), "at 2");
}

TEST(ProducerState, SequencesGoOnAfterAMarkerOfTheSameEpoch) {
  Producers producers;
  producers.send("7/0 0-0 t");
  producers.decide("7/0");
  EXPECT_EQ(producers.send("7/0 0-0 t"), "again at 0");
  EXPECT_EQ(producers.send("7/0 1-1 t"), "at 2");
}

TEST(ProducerState, MarkersOfFencedProducersAndCoordinatorsAreRefused) {
  Producers producers;
  EXPECT_EQ(producers.state.check_marker(7, 0, 0), ErrorCode::none);
  producers.send("7/2 0-0 t");
  EXPECT_EQ(producers.state.check_marker(7, 1, 0), ErrorCode::invalid_producer_epoch);
  producers.decide("7/2", 5);
  EXPECT_EQ(producers.state.check_marker(7, 2, 4), ErrorCode::transaction_coordinator_fenced);
  EXPECT_EQ(producers.state.check_marker(7, 2, 5), ErrorCode::none);
  EXPECT_EQ(producers.state.check_marker(7, 3, 6), ErrorCode::none);
}

TEST(ProducerState, TellsOfEachProducerWhatItDidLast) {
  Producers producers;
  producers.newest_timestamp = 100;
  producers.send("9/1 0-4");
  producers.newest_timestamp = 200;
  producers.send("8/0 2147483646-1 t");
  producers.newest_timestamp = 300;
  producers.decide("9/2", 6);  // nothing of epoch 2 was written yet
  const std::vector<ProducerFact> expected{
      {.id = 8, .epoch = 0, .last_sequence = 1, .last_timestamp = 200, .transaction_start = Offset(5)},
      {.id = 9, .epoch = 2, .last_sequence = -1, .last_timestamp = 300, .coordinator_epoch = 6}};
  EXPECT_EQ(producers.state.facts(), expected);
}

}  // namespace
}  // namespace millrace::broker
