// A reset of a group whose members read: what is reset begins where it is told to, and of everything else nothing is
// read twice and nothing is left out. The readers here do what Kafka's clients do: they keep their places in memory,
// ask where to begin only when they get a partition, and commit before they give it up.

#include <gmock/gmock.h>

#include "groups/classic_consumer.hpp"

namespace millrace::groups {
namespace {

using ::testing::ElementsAre;

using Reader = std::map<PartitionIndex, std::int64_t>;  ///< partition of "t" → where it reads next

ResetReply reset(Scenario& s, const std::map<PartitionIndex, std::int64_t>& to, const std::string& group = "g",
                 bool validate_only = false) {
  ResetRequest request{.group_id = group, .topics = {{.name = "t", .partitions = {}}}, .validate_only = validate_only};
  for (const auto& [partition, offset] : to) request.topics[0].partitions.push_back({partition, Offset(offset)});
  const Ticket ticket = s.ticket();
  s.apply(s.coordinator().reset(request, ticket, s.now()));
  return s.answer<ResetReply>(ticket);
}

std::int64_t begins_at(Scenario& s, PartitionIndex partition) {
  const auto committed = s.committed("t", partition).offset;
  return committed == no_offset ? 0 : committed.value();
}

/// What a member gives up before it joins again. In words: it says that it has nothing, as eager members do, and goes
/// on where it was if it gets the same back, as kafka-python 3 does.
enum class Gives { everything, what_it_must, in_words };

/// A member of a classic group.
class Member1 {
 public:
  Member1(Scenario& scenario, std::string name, Gives gives) : s_(scenario), client_(std::move(name)), gives_(gives) {}

  void commit() {
    for (const auto& [partition, next] : reads) last_commit = s_.commit(seat, {"t", partition, next});
  }
  void read(std::int64_t records) {
    for (auto& [partition, next] : reads) next += records;
  }
  void join() {
    if (gives_ != Gives::what_it_must) commit();
    if (gives_ == Gives::everything) reads.clear();
    NamedPartitions owned;
    if (gives_ == Gives::what_it_must) {
      for (const auto& [partition, next] : reads) owned["t"].insert(partition);
    }
    client_.request.protocols = {{"p", subscription({"t"}, owned)}};
    client_.request.member_id = seat.id;
    parked = s_.join(client_);
  }
  void take_seat() {
    const auto reply = s_.joined(parked);
    ASSERT_EQ(reply.error, ErrorCode::none);
    seat = {reply.member_id, reply.generation_id};
    leads = reply.leader == reply.member_id;
  }
  /// True: it gave something up and wants to join again.
  bool take(const SyncReply& reply) {
    EXPECT_EQ(reply.error, ErrorCode::none);
    const auto assigned = read_assignment(reply.assignment).value_or(NamedPartitions{})["t"];
    Reader next;
    Reader lost = reads;
    for (const auto partition : assigned) {
      const auto mine = reads.find(partition);
      next[partition] = mine == reads.end() ? begins_at(s_, partition) : mine->second;
      lost.erase(partition);
    }
    reads = std::move(next);
    if (gives_ != Gives::what_it_must) return false;
    for (const auto& [partition, at] : lost) last_commit = s_.commit(seat, {"t", partition, at});
    return !lost.empty();
  }

  Reader reads;
  Seat seat;
  Ticket parked{};
  bool leads = false;
  ErrorCode last_commit = ErrorCode::none;

 private:
  Scenario& s_;
  Client client_;
  Gives gives_;
};

/// A group of two, of which the first is to read partitions 0 and 1, the second 2 and 3.
struct Classic {
  explicit Classic(Gives gives) : first(s, "first", gives), second(s, "second", gives) {
    s.topics({{"t", 4}});
    first.join();
    second.join();
    s.pass(10s);
    synchronise();
  }
  void synchronise() {
    first.take_seat();
    second.take_seat();
    auto& leader = first.leads ? first : second;
    auto& follower = first.leads ? second : first;
    const auto followers = s.sync(follower.seat);
    const auto leaders = s.sync(leader.seat, {{first.seat.id, bytes({0, 1})}, {second.seat.id, bytes({2, 3})}});
    bool again = leader.take(s.synced(leaders));
    again = follower.take(s.synced(followers)) || again;
    if (again) rebalance();
  }
  void rebalance() {
    first.join();
    second.join();
    synchronise();
  }
  /// What the heartbeats of a few seconds do.
  void settle() {
    for (int round = 0; round < 10; ++round) {
      const auto one = s.heartbeat(first.seat), other = s.heartbeat(second.seat);
      EXPECT_EQ(one, other);
      if (one == ErrorCode::none) return;
      EXPECT_EQ(one, ErrorCode::rebalance_in_progress);
      rebalance();
    }
    ADD_FAILURE() << "the group does not come to rest";
  }
  static std::string bytes(std::set<PartitionIndex> partitions) {
    return std::string(as_text(write_assignment(1, {{"t", std::move(partitions)}})));
  }

  Scenario s;
  Member1 first, second;
};

class ResetOfClassic : public ::testing::TestWithParam<Gives> {};

INSTANTIATE_TEST_SUITE_P(All, ResetOfClassic,
                         ::testing::Values(Gives::everything, Gives::what_it_must, Gives::in_words));

TEST_P(ResetOfClassic, MovesWhatWasAskedAndNothingElse) {
  Classic group(GetParam());
  group.first.read(10);
  group.second.read(20);
  const auto reply = reset(group.s, {{0, 3}, {2, 500}});
  EXPECT_EQ(reply.error, ErrorCode::none) << reply.message;
  EXPECT_EQ(reply.members, 2u);
  group.first.read(1);  // they go on until they are told
  group.second.read(1);
  group.settle();
  EXPECT_EQ(group.first.reads, (Reader{{0, 3}, {1, 11}}));
  EXPECT_EQ(group.second.reads, (Reader{{2, 500}, {3, 21}}));
}

TEST_P(ResetOfClassic, IsJudgedWithoutAnyChange) {
  Classic group(GetParam());
  group.first.read(10);
  const auto records = group.s.log().size();
  const auto reply = reset(group.s, {{0, 3}}, "g", true);
  EXPECT_EQ(reply.error, ErrorCode::none) << reply.message;
  EXPECT_EQ(reply.members, 2u);
  EXPECT_EQ(group.s.log().size(), records);
  EXPECT_EQ(group.s.state(), GroupState::stable) << "nobody is told to give anything up";
}

TEST_P(ResetOfClassic, IsNotUndoneByACommitOfWhoReadsOn) {
  Classic group(GetParam());
  group.first.read(10);
  reset(group.s, {{0, 3}});
  group.first.commit();
  EXPECT_EQ(group.first.last_commit, ErrorCode::none) << "a client must not fail for it";
  EXPECT_EQ(begins_at(group.s, 0), 3);
  EXPECT_EQ(begins_at(group.s, 1), 10);
  group.settle();
  EXPECT_EQ(group.first.reads, (Reader{{0, 3}, {1, 10}}));
}

TEST_P(ResetOfClassic, LetsCommitsThroughAgainOnceItIsDone) {
  Classic group(GetParam());
  reset(group.s, {{0, 3}});
  group.settle();
  group.first.read(5);
  group.first.commit();
  EXPECT_EQ(begins_at(group.s, 0), 8);
}

TEST_P(ResetOfClassic, MayFollowAnotherThatIsNotDone) {
  Classic group(GetParam());
  group.first.read(10);
  reset(group.s, {{0, 3}});
  reset(group.s, {{0, 4}, {3, 7}});
  group.settle();
  EXPECT_EQ(group.first.reads, (Reader{{0, 4}, {1, 10}}));
  EXPECT_EQ(group.second.reads, (Reader{{2, 0}, {3, 7}}));
}

TEST_P(ResetOfClassic, SurvivesACrashBeforeTheMembersHeardOfIt) {
  Classic group(GetParam());
  group.first.read(10);
  reset(group.s, {{0, 3}});
  group.s.restart();
  group.first.commit();
  EXPECT_EQ(begins_at(group.s, 0), 3);
  EXPECT_EQ(begins_at(group.s, 1), 10);
  group.settle();
  EXPECT_EQ(group.first.reads, (Reader{{0, 3}, {1, 10}}));
  group.first.read(1);
  group.first.commit();
  EXPECT_EQ(begins_at(group.s, 0), 4);
  group.s.restart();
  EXPECT_EQ(group.s.heartbeat(group.first.seat), ErrorCode::none) << "it is over, also in the log";
}

TEST_P(ResetOfClassic, IsSeenByNoClientButInTheOffset) {
  Classic group(GetParam());
  reset(group.s, {{0, 3}});
  EXPECT_EQ(group.s.committed("t", 0).leader_epoch, -1);
  EXPECT_EQ(group.s.committed("t", 0).offset, Offset(3));
  group.settle();
}

TEST(Reset, IsNotWhatAClientCanPretend) {
  Classic group(Gives::everything);
  EXPECT_EQ(group.s.commit(group.first.seat, {"t", 0, 5, {}, reset_epoch}), ErrorCode::none);
  group.s.restart();
  EXPECT_EQ(group.s.heartbeat(group.first.seat), ErrorCode::none);
}

TEST(Reset, IsNotRepeatedForAMemberThatAskedForItsOffsetOnlyAfterIt) {
  Scenario s;
  s.topics({{"t", 1}});
  Client client("late");
  client.request.protocols = {{"p", subscription({"t"}, {})}};
  const auto ticket = s.join(client);
  s.pass(10s);
  const Seat seat = s.seat(ticket);
  (void)s.sync(seat, {{seat.id, Classic::bytes({0})}});
  reset(s, {{0, 3}});
  const auto commit = [&](std::int64_t offset, const std::string& connection) {
    CommitRequest request;
    request.group_id = "g";
    request.generation_id = seat.generation;
    request.member_id = seat.id;
    request.topics = {{"t", {{0, Offset(offset), -1, {}}}}};
    request.connection = connection;
    return s.commit(request).topics.at(0).partitions.at(0).error;
  };
  s.fetch({.groups = {{.group_id = "g", .member_id = {}, .topics = {{{"t", {0}}}}}}, .connection = "member"});
  EXPECT_EQ(commit(30, "another"), ErrorCode::none);
  EXPECT_EQ(begins_at(s, 0), 3);
  EXPECT_EQ(commit(20, "member"), ErrorCode::none);
  EXPECT_EQ(begins_at(s, 0), 20) << "it has read 3 to 19 since";
  const auto again = s.join(Client(client).as(seat.id));
  (void)s.sync(s.seat(again), {{seat.id, Classic::bytes({0})}});
}

TEST(Reset, AsksCooperativeMembersOnlyForWhatIsReset) {
  Classic group(Gives::what_it_must);
  group.first.read(10);
  reset(group.s, {{0, 3}});
  EXPECT_EQ(group.s.heartbeat(group.first.seat), ErrorCode::rebalance_in_progress);
  group.first.join();
  group.second.join();
  group.first.take_seat();
  group.second.take_seat();
  auto& leader = group.first.leads ? group.first : group.second;
  const auto synced = group.s.sync(
      leader.seat, {{group.first.seat.id, Classic::bytes({0, 1})}, {group.second.seat.id, Classic::bytes({2, 3})}});
  (void)synced;
  auto& follower = group.first.leads ? group.second : group.first;
  const auto follows = group.s.synced(group.s.sync(follower.seat));
  const auto firsts = group.first.leads ? group.s.synced(synced) : follows;
  const auto seconds = group.first.leads ? follows : group.s.synced(synced);
  EXPECT_THAT(read_assignment(firsts.assignment).value()["t"], ElementsAre(1)) << "0 is withheld for a generation";
  EXPECT_THAT(read_assignment(seconds.assignment).value()["t"], ElementsAre(2, 3));
  EXPECT_EQ(group.s.heartbeat(group.second.seat), ErrorCode::rebalance_in_progress) << "another follows";
  group.first.take(firsts);
  group.second.take(seconds);
  EXPECT_EQ(begins_at(group.s, 0), 3);
  group.rebalance();
  group.settle();
  EXPECT_EQ(group.first.reads, (Reader{{0, 3}, {1, 10}}));
}

TEST(Reset, DoesNotRebalanceForEverOverAMemberThatKeepsWhatItHas) {
  Scenario s;
  s.topics({{"t", 1}});
  Client stubborn("stubborn");
  stubborn.request.protocols = {{"p", subscription({"t"}, {{"t", {0}}})}};
  auto ticket = s.join(stubborn);
  s.pass(10s);
  Seat seat = s.seat(ticket);
  const auto assign = [&] { (void)s.sync(seat, {{seat.id, Classic::bytes({0})}}); };
  assign();
  reset(s, {{0, 3}});
  int rebalances = 0;
  for (; s.heartbeat(seat) == ErrorCode::rebalance_in_progress && rebalances < 10; ++rebalances) {
    ticket = s.join(Client(stubborn).as(seat.id));
    seat = s.seat(ticket);
    assign();
  }
  EXPECT_EQ(rebalances, 2);
}

TEST(Reset, OfAGroupThatNobodyReadsIsACommit) {
  Scenario s;
  s.topics({{"t", 4}});
  EXPECT_EQ(reset(s, {{1, 7}}).members, 0u);
  EXPECT_EQ(begins_at(s, 1), 7);
  s.commit_simply({"t", 1, 9});
  EXPECT_EQ(begins_at(s, 1), 9);
}

/// One record further, if the group is alone and stands there.
ResetReply skip(Scenario& s, std::int64_t from, const std::string& group = "g") {
  ResetRequest request{.group_id = group, .topics = {{.name = "t", .partitions = {}}}, .only_without_members = true};
  request.topics[0].partitions.push_back({.partition = 1, .offset = Offset(from + 1), .only_from = Offset(from)});
  const Ticket ticket = s.ticket();
  s.apply(s.coordinator().reset(request, ticket, s.now()));
  return s.answer<ResetReply>(ticket);
}

TEST(Reset, ByOneRecordHoldsOnlyForWhoStandsThere) {
  Scenario s;
  s.topics({{"t", 4}});
  EXPECT_EQ(skip(s, 7).error, ErrorCode::offset_out_of_range);
  EXPECT_EQ(skip(s, 7).message, "it has committed nothing of t-1");
  s.commit_simply({"t", 1, 7});
  EXPECT_EQ(skip(s, 6).message, "it stands at 7 of t-1");
  EXPECT_EQ(skip(s, 8).error, ErrorCode::offset_out_of_range);
  EXPECT_EQ(begins_at(s, 1), 7);
  EXPECT_EQ(skip(s, 7).error, ErrorCode::none);
  EXPECT_EQ(begins_at(s, 1), 8);
  EXPECT_EQ(skip(s, 7).message, "it stands at 8 of t-1") << "twice is once";
  EXPECT_EQ(skip(s, 0, "nobody").error, ErrorCode::offset_out_of_range);
}

TEST(Reset, ByOneRecordIsRefusedWhileSomebodyReads) {
  Classic group(Gives::everything);
  group.first.read(10);
  group.second.read(10);
  group.first.commit();
  group.second.commit();
  const auto reply = skip(group.s, 10);
  EXPECT_EQ(reply.error, ErrorCode::non_empty_group);
  EXPECT_EQ(reply.message, "it has members, 2 of them");
  EXPECT_EQ(begins_at(group.s, 1), 10);
  EXPECT_EQ(group.s.heartbeat(group.first.seat), ErrorCode::none) << "nobody is told to rebalance";
}

TEST(Reset, KeepsWhatElseAnAssignmentSays) {
  Classic group(Gives::what_it_must);
  reset(group.s, {{0, 3}});
  group.first.join();
  group.second.join();
  group.first.take_seat();
  group.second.take_seat();
  const std::string data("\0\0\0\1x", 5);
  const auto with_data = [&](std::set<PartitionIndex> partitions) {
    auto bytes = Classic::bytes(std::move(partitions));
    bytes.resize(bytes.size() - 4);
    return bytes + data;
  };
  auto& leader = group.first.leads ? group.first : group.second;
  auto& follower = group.first.leads ? group.second : group.first;
  const auto of_leader =
      group.s.sync(leader.seat, {{group.first.seat.id, with_data({0, 1})}, {group.second.seat.id, with_data({2, 3})}});
  const auto of_follower = group.s.sync(follower.seat);
  const auto firsts = group.s.synced(group.first.leads ? of_leader : of_follower);
  EXPECT_EQ(std::string(as_text(firsts.assignment)), with_data({1}));
  group.first.take(firsts);
  group.second.take(group.s.synced(group.first.leads ? of_follower : of_leader));
  group.rebalance();
  group.settle();
}

TEST(Reset, IsRefusedOfKafkaStreamsThatRun) {
  Scenario s;
  s.topics({{"t", 4}});
  Client streams("streams");
  streams.request.protocols = {{"stream", subscription({"t"}, {})}};
  const auto ticket = s.join(streams);
  s.pass(10s);
  const Seat seat = s.seat(ticket);
  (void)s.sync(seat, {{seat.id, Classic::bytes({0})}});
  ASSERT_EQ(s.state(), GroupState::stable);
  EXPECT_EQ(reset(s, {{0, 3}}, "g", true).error, ErrorCode::non_empty_group) << "a dry run says what would be said";
  EXPECT_EQ(reset(s, {{0, 3}}).error, ErrorCode::non_empty_group);
  EXPECT_EQ(s.state(), GroupState::stable);
}

TEST(Reset, OfAGroupThatIsNotThereMakesNoneWhenItIsOnlyJudged) {
  Scenario s;
  s.topics({{"t", 4}});
  EXPECT_EQ(reset(s, {{1, 7}}, "new", true).error, ErrorCode::none);
  EXPECT_THAT(s.log(), ::testing::IsEmpty());
}

TEST(Reset, IsRefusedWithoutAnyChangeWhenItsOffsetsHaveNoRoom) {
  Config config;
  config.offsets_bytes_max = 1;
  Scenario s(config);
  s.topics({{"t", 4}});
  EXPECT_EQ(reset(s, {{1, 7}}).error, ErrorCode::invalid_commit_offset_size);
  EXPECT_THAT(s.log(), ::testing::IsEmpty());
}

// ---- the consumer protocol

/// A member of a consumer group with its places.
struct Modern {
  Modern(Scenario& scenario, std::string id) : s(scenario), client(scenario, std::move(id)) { client.reads({"t"}); }
  void follow() {
    std::set<PartitionIndex> has;
    for (const auto& [topic, partitions] : client.owned) has.insert(partitions.begin(), partitions.end());
    for (auto at = reads.begin(); at != reads.end();) at = has.contains(at->first) ? std::next(at) : reads.erase(at);
    for (const auto partition : has)
      if (!reads.contains(partition)) reads[partition] = begins_at(s, partition);
  }
  ErrorCode commit() {
    CommitRequest request;
    request.group_id = "g";
    request.generation_id = client.epoch;
    request.member_id = client.about.member_id;
    request.knows_member_epochs = true;
    auto& topic = request.topics.emplace_back(CommitRequest::Topic{"t", {}});
    for (const auto& [partition, next] : reads) topic.partitions.push_back({partition, Offset(next), -1, {}});
    const auto reply = s.commit(request);
    for (const auto& each : reply.topics[0].partitions)
      if (each.error != ErrorCode::none) return each.error;
    return ErrorCode::none;
  }
  void beat() {
    (void)commit();
    ASSERT_EQ(client.beat().error, ErrorCode::none);
    follow();
  }
  Scenario& s;
  Consumer client;
  Reader reads;
};

struct Pair {
  Pair() {
    s.topics({{"t", 4}});
    a.client.join();
    b.client.join();
    settle();
  }
  void settle() {
    for (int round = 0; round < 10; ++round) {
      a.beat();
      b.beat();
    }
  }
  [[nodiscard]] Reader all() const {
    Reader both = a.reads;
    both.insert(b.reads.begin(), b.reads.end());
    return both;
  }
  Scenario s;
  Modern a{s, "a"}, b{s, "b"};
};

TEST(ResetOfConsumer, MovesWhatWasAskedAndNothingElse) {
  Pair group;
  for (auto* member : {&group.a, &group.b})
    for (auto& [partition, next] : member->reads) next = 10 + partition;
  const auto had = group.a.client.has();
  EXPECT_EQ(reset(group.s, {{0, 3}, {1, 4}, {2, 5}}).members, 2u);
  EXPECT_EQ(group.a.commit(), ErrorCode::none);
  group.settle();
  EXPECT_EQ(group.all(), (Reader{{0, 3}, {1, 4}, {2, 5}, {3, 13}}));
  EXPECT_EQ(group.s.describe_consumer().state, GroupState::stable);
  for (auto& [partition, next] : group.a.reads) next += 100;
  EXPECT_EQ(group.a.commit(), ErrorCode::none);
  EXPECT_EQ(begins_at(group.s, group.a.reads.begin()->first), group.a.reads.begin()->second) << "commits count again";
}

TEST(ResetOfConsumer, IsNobodysUntilItIsGivenUp) {
  Pair group;
  const auto mine = group.a.reads.begin()->first;
  reset(group.s, {{mine, 3}});
  group.b.beat();
  group.b.beat();
  EXPECT_FALSE(group.b.reads.contains(mine)) << "its member still has it";
  group.settle();
  EXPECT_EQ(group.all().at(mine), 3);
}

TEST(ResetOfConsumer, GoesOnWithoutAMemberThatIsGone) {
  Pair group;
  group.s.pass(30s);
  group.b.beat();
  const auto mine = group.a.reads.begin()->first;
  reset(group.s, {{mine, 3}});
  for (int i = 0; i < 30; ++i) {
    group.s.pass(2s);
    group.b.beat();
  }
  EXPECT_EQ(group.b.reads.size(), 4u);
  EXPECT_EQ(group.b.reads.at(mine), 3);
}

TEST(ResetOfConsumer, SurvivesACrashBeforeTheMembersHeardOfIt) {
  Pair group;
  const auto mine = group.a.reads.begin()->first;
  group.a.reads[mine] = 50;
  reset(group.s, {{mine, 3}});
  group.s.restart();
  group.s.topics({{"t", 4}});
  EXPECT_EQ(group.a.commit(), ErrorCode::none);
  EXPECT_EQ(begins_at(group.s, mine), 3);
  group.settle();
  EXPECT_EQ(group.all().at(mine), 3);
  EXPECT_EQ(group.all().size(), 4u);
}

TEST(ResetOfConsumer, SurvivesACrashInItsMidst) {
  Pair group;
  const auto mine = group.a.reads.begin()->first;
  group.a.reads[mine] = 50;
  reset(group.s, {{mine, 3}});
  ASSERT_EQ(group.a.client.beat().error, ErrorCode::none);  // it is told, and has not given it up
  group.s.restart();
  group.s.topics({{"t", 4}});
  (void)group.a.commit();
  EXPECT_EQ(begins_at(group.s, mine), 3);
  group.a.follow();
  group.settle();
  EXPECT_EQ(group.all().at(mine), 3);
  EXPECT_EQ(group.all().size(), 4u);
}

TEST(ResetOfConsumer, HoldsForMembersOfTheOlderProtocolToo) {
  Scenario s;
  s.topics({{"t", 4}});
  ClassicConsumer older(s, "older", {"t"});
  older.join();
  s.pass(10s);
  ASSERT_EQ(older.joined().error, ErrorCode::none);
  ASSERT_EQ(older.sync({{"t", {0, 1, 2, 3}}}), ErrorCode::none);
  Consumer newer(s, "newer");
  newer.reads({"t"}).join();
  settle({&older}, {&newer});
  const auto partition = *older.owned.at("t").begin();
  reset(s, {{partition, 3}});
  const auto had = older.owned;
  bool was_given_up = false;
  for (int round = 0; round < 10; ++round) {
    older.beat();
    was_given_up = was_given_up || !older.owned["t"].contains(partition);
    EXPECT_EQ(newer.beat().error, ErrorCode::none);
  }
  EXPECT_TRUE(was_given_up);
  EXPECT_EQ(older.owned["t"].size() + newer.has().size(), 4u);
  EXPECT_EQ(begins_at(s, partition), 3);
}

}  // namespace
}  // namespace millrace::groups
