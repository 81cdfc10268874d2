#include "routes/in_hand.hpp"

#include <gmock/gmock.h>

namespace millrace::http::routes {
namespace {

using runtime::DeliveryLock;
using ::testing::SizeIs;

DeliveryLock lock_of(PartitionIndex partition, std::int64_t offset, std::uint64_t hand_out = 1) {
  return {.partition = partition, .token = {.offset = Offset(offset), .hand_out = hand_out}};
}

Instant at(int ms) { return Instant(Milliseconds(ms)); }

TEST(InHand, ItsRoomIsWhatIsNotInHand) {
  InHand hand(3);
  EXPECT_EQ(hand.room(), 3U);
  EXPECT_FALSE(hand.next_end());
  hand.add(lock_of(0, 1), at(100));
  hand.add(lock_of(1, 1), at(200));
  EXPECT_EQ(hand.room(), 1U) << "partitions are told apart";
  hand.settle(lock_of(0, 1));
  EXPECT_EQ(hand.room(), 2U);
  hand.settle(lock_of(0, 1));
  hand.settle(lock_of(7, 7));
  EXPECT_EQ(hand.room(), 2U) << "what is not here cannot be settled";
  EXPECT_EQ(hand.next_end(), at(200));
}

TEST(InHand, ALockThatRunsOutMakesRoom) {
  InHand hand(2);
  hand.add(lock_of(0, 1), at(100));
  hand.add(lock_of(0, 2), at(200));
  hand.forget_lost(at(99));
  EXPECT_EQ(hand.room(), 0U);
  hand.forget_lost(at(100));
  EXPECT_EQ(hand.room(), 1U);
  EXPECT_EQ(hand.next_end(), at(200));
}

TEST(InHand, OneThatIsRenewedStays) {
  InHand hand(2);
  hand.add(lock_of(0, 1), at(100));
  hand.renew(lock_of(0, 1), at(300));
  hand.renew(lock_of(0, 2), at(300));
  EXPECT_EQ(hand.room(), 1U) << "what is not here does not come by being renewed";
  hand.forget_lost(at(299));
  EXPECT_EQ(hand.room(), 1U);
  hand.forget_lost(at(300));
  EXPECT_EQ(hand.room(), 2U);
}

/// Its lock ran out unnoticed, and the event came again.
TEST(InHand, AnEventIsHereOnceAndByItsLastLock) {
  InHand hand(2);
  hand.add(lock_of(0, 1, 1), at(100));
  hand.add(lock_of(0, 1, 2), at(200));
  EXPECT_EQ(hand.room(), 1U);
  hand.settle(lock_of(0, 1, 1));
  hand.renew(lock_of(0, 1, 1), at(900));
  EXPECT_EQ(hand.room(), 1U) << "the lock before it is worth nothing";
  EXPECT_EQ(hand.next_end(), at(200));
  hand.settle(lock_of(0, 1, 2));
  EXPECT_EQ(hand.room(), 2U);
  EXPECT_FALSE(hand.next_end());
}

TEST(InHand, AllOfItIsTaken) {
  InHand hand(5);
  hand.add(lock_of(0, 1), at(100));
  hand.add(lock_of(0, 2), at(100));
  EXPECT_THAT(hand.take_all(), SizeIs(2));
  EXPECT_THAT(hand.take_all(), SizeIs(0));
  EXPECT_EQ(hand.room(), 5U);
  EXPECT_FALSE(hand.next_end());
}

}  // namespace
}  // namespace millrace::http::routes
