#include "linked_records.hpp"

#include <gmock/gmock.h>

namespace millrace::redrive {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

const Source orders{Uuid::from_random(1, 1), 0};
const Source payments{Uuid::from_random(2, 2), 3};

/// Letters below `end` are over.
LinkedRecords::IsOver below(std::int64_t end) {
  return [end](const Source&, Offset, Offset letter) { return letter < Offset(end); };
}

TEST(LinkedRecords, BeginWithTheLowestOfEachSource) {
  LinkedRecords linked;
  EXPECT_THAT(linked.first(), IsEmpty());
  linked.add(orders, Offset(70), Offset(0));
  linked.add(orders, Offset(50), Offset(1));
  linked.add(orders, Offset(60), Offset(2));
  linked.add(payments, Offset(7), Offset(3));
  EXPECT_THAT(linked.first(), testing::UnorderedElementsAre(Pair(orders, Offset(50)), Pair(payments, Offset(7))));
}

TEST(LinkedRecords, AreForgottenUpToTheLowestThatIsNotOver) {
  LinkedRecords linked;
  for (int i = 0; i < 4; ++i) linked.add(orders, Offset(10 * i), Offset(i));
  EXPECT_FALSE(linked.forget(below(0)));
  EXPECT_THAT(linked.first(), ElementsAre(Pair(orders, Offset(0))));
  EXPECT_TRUE(linked.forget(below(2)));
  EXPECT_THAT(linked.first(), ElementsAre(Pair(orders, Offset(20))));
  EXPECT_TRUE(linked.forget(below(4)));
  EXPECT_THAT(linked.first(), IsEmpty());
  EXPECT_FALSE(linked.is_used_up()) << "there are no others";
}

TEST(LinkedRecords, OfSeveralLettersStayForTheLast) {
  LinkedRecords linked;
  linked.add(orders, Offset(5), Offset(1));
  linked.add(orders, Offset(5), Offset(9));
  linked.add(orders, Offset(5), Offset(9));
  EXPECT_TRUE(linked.forget(below(9)));
  EXPECT_THAT(linked.first(), ElementsAre(Pair(orders, Offset(5))));
  EXPECT_TRUE(linked.forget(below(10)));
  EXPECT_THAT(linked.first(), IsEmpty());
}

TEST(LinkedRecords, BeyondTheBoundAreLookedForAgain) {
  constexpr auto many = static_cast<std::int64_t>(LinkedRecords::remembered_max) + 10;
  LinkedRecords linked;
  for (std::int64_t i = many; i-- > 0;) linked.add(orders, Offset(100 + i), Offset(i));
  EXPECT_THAT(linked.first(), ElementsAre(Pair(orders, Offset(100))));
  EXPECT_FALSE(linked.takes(orders, Offset(100 + many - 10))) << "it may be one of the others";
  EXPECT_TRUE(linked.takes(orders, Offset(100 + many - 11)));
  EXPECT_TRUE(linked.takes(payments, Offset(100 + many)));

  EXPECT_TRUE(linked.forget(below(many)));
  EXPECT_TRUE(linked.is_used_up());
  EXPECT_THAT(linked.first(), ElementsAre(Pair(orders, Offset(100 + many - 10)))) << "where the others begin";
  linked.add(orders, Offset(100 + many), Offset(many));
  EXPECT_TRUE(linked.is_used_up()) << "nothing above is remembered before the others are";
  linked.add(orders, Offset(3), Offset(many + 1));
  EXPECT_FALSE(linked.is_used_up());
  EXPECT_THAT(linked.first(), ElementsAre(Pair(orders, Offset(3))));
}

TEST(LinkedRecords, OfTwoLooksAreThoseOfBoth) {
  LinkedRecords one, other;
  one.add(orders, Offset(7), Offset(1));
  other.add(orders, Offset(5), Offset(2));
  other.add(payments, Offset(9), Offset(3));
  one.add(other);
  EXPECT_THAT(one.first(), testing::UnorderedElementsAre(Pair(orders, Offset(5)), Pair(payments, Offset(9))));
}

TEST(LinkedRecords, OfALookThatLeftSomeOutAreKnownUpToThere) {
  constexpr auto many = static_cast<std::int64_t>(LinkedRecords::remembered_max) + 1;
  LinkedRecords one, other;
  for (std::int64_t i = 0; i < many; ++i) other.add(orders, Offset(100 + i), Offset(i));
  EXPECT_TRUE(other.forget(below(many)));
  one.add(orders, Offset(100 + many), Offset(many));
  one.add(other);
  EXPECT_THAT(one.first(), ElementsAre(Pair(orders, Offset(100 + many - 1)))) << "where the others begin";
  EXPECT_TRUE(one.is_used_up());
}

}  // namespace
}  // namespace millrace::redrive
