// Where a member reads, what is with its reader, and how far its group may commit.

#include "member_places.hpp"

#include <gmock/gmock.h>

namespace millrace::http {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using namespace std::chrono_literals;
using Acks = MemberPlaces::Acks;

Instant at(Milliseconds time) { return Instant(time); }

/// A member that has one partition, 0, from offset 10 on.
class Reader {
 public:
  explicit Reader(Acks acks, std::set<PartitionIndex> partitions = {0}) : places(acks) {
    places.assign(partitions, at(0ms));
    for (const auto& [partition, its] : places.ask()) {
      places.begin({.partition = partition, .stay = its, .next = Offset(10)}, true);
    }
  }

  /// Events are read, up to and without `next`.
  void read(std::vector<std::int64_t> events, std::int64_t next) {
    auto to = places.readable().front();
    to.next = Offset(next);
    std::vector<Offset> offsets;
    for (const auto each : events) offsets.emplace_back(each);
    places.read(to, offsets);
  }
  EventPlace event(std::int64_t offset) const { return {.partition = 0, .stay = stay, .offset = Offset(offset)}; }
  void out(std::int64_t offset, Instant now = at(0ms)) {
    EXPECT_TRUE(places.tell(event(offset))) << offset;
    places.told(event(offset), now);
  }

  MemberPlaces places;
  std::int64_t stay = 1;
};

TEST(MemberPlaces, CommitTheLowestEventThatIsNotAcknowledged) {
  Reader reader(Acks::by_reader);
  EXPECT_THAT(reader.places.uncommitted(), IsEmpty());
  reader.read({10, 11, 13}, 15);
  for (const auto each : {10, 11, 13}) reader.out(each);
  EXPECT_TRUE(reader.places.acknowledge(reader.event(13)));
  EXPECT_TRUE(reader.places.acknowledge(reader.event(11)));
  EXPECT_THAT(reader.places.uncommitted(), IsEmpty()) << "10 is with the reader";
  EXPECT_EQ(reader.places.under_way(), 1U);
  EXPECT_TRUE(reader.places.acknowledge(reader.event(10)));
  EXPECT_THAT(reader.places.uncommitted(), ElementsAre(Pair(0, Offset(15)))) << "past what nobody wanted, too";
  reader.places.committed({{0, Offset(15)}});
  EXPECT_THAT(reader.places.uncommitted(), IsEmpty());
}

TEST(MemberPlaces, TakeTheSameAcknowledgementTwiceAndAStrangersNever) {
  Reader reader(Acks::by_reader);
  reader.read({10, 11}, 12);
  reader.out(10);
  EXPECT_TRUE(reader.places.acknowledge(reader.event(10)));
  EXPECT_TRUE(reader.places.acknowledge(reader.event(10)));
  EXPECT_FALSE(reader.places.acknowledge(reader.event(11))) << "it did not go out";
  EXPECT_FALSE(reader.places.acknowledge(reader.event(12))) << "it was not read";
  EXPECT_FALSE(reader.places.acknowledge({.partition = 1, .stay = 1, .offset = Offset(10)}));
  EXPECT_FALSE(reader.places.acknowledge({.partition = 0, .stay = 2, .offset = Offset(10)}));
}

TEST(MemberPlaces, WithoutAcknowledgementsAnEventIsDoneWhenTheNextOneWent) {
  Reader reader(Acks::automatic);
  reader.read({10, 11}, 12);
  reader.out(10);
  EXPECT_THAT(reader.places.uncommitted(), IsEmpty());
  reader.out(11, at(100ms));
  EXPECT_THAT(reader.places.uncommitted(), ElementsAre(Pair(0, Offset(11))));
  EXPECT_THAT(reader.places.give_up(at(1'000ms)), IsEmpty());
  EXPECT_THAT(reader.places.uncommitted(), ElementsAre(Pair(0, Offset(11))));
  EXPECT_THAT(reader.places.give_up(at(1'100ms)), IsEmpty());
  EXPECT_THAT(reader.places.uncommitted(), ElementsAre(Pair(0, Offset(12)))) << "a second after it went, none followed";
}

TEST(MemberPlaces, GiveUpAPartitionWhenItsEventsAreAcknowledged) {
  Reader reader(Acks::by_reader);
  reader.read({10, 11, 12}, 13);
  reader.out(10);
  reader.out(11);
  reader.places.assign({}, at(2'000ms));
  EXPECT_THAT(reader.places.readable(), IsEmpty());
  EXPECT_FALSE(reader.places.tell(reader.event(12))) << "it is for whoever comes";
  EXPECT_TRUE(reader.places.acknowledge(reader.event(10)));
  EXPECT_THAT(reader.places.give_up(at(100ms)), IsEmpty());
  EXPECT_THAT(reader.places.all(), ElementsAre(0));
  EXPECT_TRUE(reader.places.acknowledge(reader.event(11)));
  EXPECT_THAT(reader.places.give_up(at(200ms)), ElementsAre(Pair(0, Offset(12))));
  EXPECT_THAT(reader.places.all(), IsEmpty());
  EXPECT_FALSE(reader.places.acknowledge(reader.event(11)));
}

TEST(MemberPlaces, GiveUpAPartitionWhenItsTimeIsOver) {
  Reader reader(Acks::by_reader);
  reader.read({10, 11}, 12);
  reader.out(10);
  reader.out(11);
  EXPECT_TRUE(reader.places.acknowledge(reader.event(11)));
  reader.places.assign({}, at(2'000ms));
  EXPECT_THAT(reader.places.give_up(at(1'999ms)), IsEmpty());
  EXPECT_THAT(reader.places.give_up(at(2'000ms)), IsEmpty()) << "nothing to commit: 10 is not acknowledged";
  EXPECT_THAT(reader.places.all(), IsEmpty());
  EXPECT_EQ(reader.places.under_way(), 0U);
}

TEST(MemberPlaces, WithoutAcknowledgementsWhatWentOutIsDoneWhenItsPartitionGoes) {
  Reader reader(Acks::automatic);
  reader.read({10, 11}, 12);
  reader.out(10);
  reader.places.assign({}, at(2'000ms));
  EXPECT_THAT(reader.places.give_up(at(0ms)), ElementsAre(Pair(0, Offset(11))));
}

TEST(MemberPlaces, ReadAgainWhatDidNotGoWhenAPartitionStaysAfterAll) {
  Reader reader(Acks::by_reader);
  reader.read({10, 11}, 12);
  reader.out(10);
  reader.places.assign({}, at(2'000ms));
  reader.places.assign({0}, at(2'000ms));
  EXPECT_EQ(reader.places.readable().front().next, Offset(11));
  EXPECT_TRUE(reader.places.acknowledge(reader.event(10))) << "it is the same stay";
}

TEST(MemberPlaces, BeginAnotherStayWhenAPartitionComesBack) {
  Reader reader(Acks::by_reader);
  reader.read({10}, 11);
  reader.out(10);
  reader.places.assign({}, at(0ms));
  EXPECT_THAT(reader.places.give_up(at(0ms)), IsEmpty());
  reader.places.assign({0}, at(0ms));
  EXPECT_FALSE(reader.places.have_begun());
  const auto asked = reader.places.ask();
  ASSERT_THAT(asked, ElementsAre(Pair(0, 2)));
  reader.places.begin({.partition = 0, .stay = 1, .next = Offset(99)}, true);
  EXPECT_FALSE(reader.places.have_begun()) << "an answer to what was asked before";
  reader.places.begin({.partition = 0, .stay = 2, .next = Offset(10)}, true);
  EXPECT_FALSE(reader.places.acknowledge(reader.event(10)));
  EXPECT_FALSE(reader.places.tell(reader.event(10)));
}

TEST(MemberPlaces, CommitWhereAGroupBegins) {
  MemberPlaces places(Acks::by_reader);
  places.assign({3}, at(0ms));
  EXPECT_THAT(places.ask(), ElementsAre(Pair(3, 1)));
  EXPECT_THAT(places.ask(), IsEmpty());
  places.begin({.partition = 3, .stay = 1, .next = Offset(7)}, false);
  EXPECT_THAT(places.uncommitted(), ElementsAre(Pair(3, Offset(7)))) << "so that whoever comes next begins there, too";
}

TEST(MemberPlaces, LetPartitionsTakeTurns) {
  Reader reader(Acks::by_reader, {0, 1, 2});
  const auto first = [&] { return reader.places.readable().front().partition; };
  EXPECT_EQ(first(), 0);
  reader.read({10}, 11);
  EXPECT_EQ(first(), 1);
  reader.read({}, 12);
  EXPECT_EQ(first(), 1) << "nothing was found";
  reader.read({12}, 13);
  EXPECT_EQ(first(), 2);
  reader.read({10}, 11);
  EXPECT_EQ(first(), 0);
}

TEST(MemberPlaces, AcknowledgeAllThatAnAnswerGave) {
  Reader reader(Acks::by_reader);
  reader.read({10, 11}, 12);
  reader.out(10);
  reader.out(11);
  EXPECT_FALSE(reader.places.acknowledge(0, Offset(11), Offset(12))) << "10 was not given so";
  EXPECT_FALSE(reader.places.acknowledge(1, Offset(10), Offset(12)));
  EXPECT_TRUE(reader.places.acknowledge(0, Offset(10), Offset(12)));
  EXPECT_EQ(reader.places.position(0), Offset(12));
  EXPECT_FALSE(reader.places.acknowledge(0, Offset(10), Offset(11))) << "the group is further";
  EXPECT_TRUE(reader.places.acknowledge(0, Offset(12), Offset(20))) << "as by a reader whose broker was restarted";
  EXPECT_EQ(reader.places.readable().front().next, Offset(20));
}

TEST(MemberPlaces, GiveAgainWhatWasNotAcknowledged) {
  Reader reader(Acks::by_reader);
  reader.read({10, 11}, 12);
  reader.out(10);
  reader.out(11);
  EXPECT_TRUE(reader.places.acknowledge(0, Offset(10), Offset(11)));
  reader.places.rewind();
  EXPECT_EQ(reader.places.readable().front().next, Offset(11));
  EXPECT_EQ(reader.places.under_way(), 0U);
}

}  // namespace
}  // namespace millrace::http
