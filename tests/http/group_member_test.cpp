// Members of this door and the coordinator of their group, in simulated time: what one says is what the other judges.

#include "group_member.hpp"

#include <gmock/gmock.h>

#include <deque>
#include <memory>

#include "member_limits.hpp"
#include "millrace/groups/coordinator.hpp"
#include "support/seeded_random.hpp"

namespace millrace::http {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using namespace std::chrono_literals;
using Acks = MemberPlaces::Acks;
using Step = GroupMember::Step;

constexpr std::int32_t partitions = 5;
const Uuid topic_id = Uuid::from_random(7, 9);

class OneTopic final : public groups::Topics {
 public:
  [[nodiscard]] std::optional<Topic> find(std::string_view name) const override {
    return name == "orders" ? std::optional(orders()) : std::nullopt;
  }
  [[nodiscard]] std::optional<Topic> find(const Uuid& id) const override {
    return id == topic_id ? std::optional(orders()) : std::nullopt;
  }
  void for_each_name(const std::function<void(const std::string&)>& each) const override { each("orders"); }
  [[nodiscard]] std::int64_t version() const override { return 1; }

 private:
  static Topic orders() { return {.id = topic_id, .name = "orders", .partitions = partitions}; }
};

/// A coordinator whose log is kept, and a clock.
class Group {
 public:
  Group() { open(); }

  template <class Reply, class Ask>
  Reply ask(Ask ask) {
    const auto ticket = static_cast<groups::Ticket>(++tickets_);
    auto effects = ask(ticket);
    keep(effects);
    for (auto& reply : effects.replies) {
      if (reply.to == ticket) return std::get<Reply>(std::move(reply.answer));
    }
    ADD_FAILURE() << "not answered at once";
    return {};
  }
  groups::ConsumerHeartbeatReply beat(const groups::ConsumerHeartbeatRequest& request) {
    return ask<groups::ConsumerHeartbeatReply>(
        [&](groups::Ticket to) { return coordinator_->consumer_heartbeat(request, to, now()); });
  }
  groups::CommitReply commit(const groups::CommitRequest& request) {
    return ask<groups::CommitReply>([&](groups::Ticket to) { return coordinator_->commit(request, to, now()); });
  }
  groups::OffsetFetchReply fetch(const groups::OffsetFetchRequest& request) {
    return ask<groups::OffsetFetchReply>(
        [&](groups::Ticket to) { return coordinator_->fetch_offsets(request, to, now()); });
  }
  groups::ConsumerDescribeReply::Group describe() {
    return ask<groups::ConsumerDescribeReply>([&](groups::Ticket to) {
             return coordinator_->consumer_describe({.group_ids = {"billing"}}, to, now());
           })
        .groups.front();
  }
  /// By partition; those without one are left out.
  Offsets committed() {
    groups::OffsetFetchRequest all;
    all.groups.push_back({.group_id = "billing", .member_id = std::nullopt, .topics = std::nullopt});
    Offsets offsets;
    const auto reply = fetch(all);
    for (const auto& topic : reply.groups.front().topics) {
      for (const auto& partition : topic.partitions) offsets[partition.partition] = partition.offset;
    }
    return offsets;
  }

  void pass(Milliseconds time) {
    time_ += time;
    while (coordinator_->next_deadline() && *coordinator_->next_deadline() <= time_) {
      auto effects = coordinator_->tick(now());
      keep(effects);
    }
  }
  [[nodiscard]] Instant time() const { return time_; }
  void restart() { open(); }

 private:
  [[nodiscard]] Now now() const { return {.steady = time_, .wall = time_.time_since_epoch().count()}; }
  void keep(groups::Effects& effects) {
    for (auto& record : effects.records) log_.push_back(std::move(record));
  }
  void open() {
    coordinator_ = std::make_unique<groups::Coordinator>(groups::Config());
    coordinator_->set_topics(std::make_shared<OneTopic>());
    for (const auto& record : log_) {
      const auto value = record.value ? std::optional<ByteView>(*record.value) : std::nullopt;
      ASSERT_TRUE(coordinator_->replay(record.key, value));
    }
    coordinator_->loaded(now());
  }

  std::unique_ptr<groups::Coordinator> coordinator_;
  std::vector<groups::LogRecord> log_;
  std::uint64_t tickets_ = 0;
  Instant time_{};
};

GroupMember::About about(const std::string& id, Acks acks) {
  return {.group_id = "billing",
          .member_id = id,
          .topic = "orders",
          .topic_id = topic_id,
          .client_id = "curl/8",
          .client_host = "/127.0.0.1",
          .acks = acks,
          .stays = 0};
}

/// Says what is to be said, and hears every answer at once.
struct Prompt {
  Prompt(Group& with, const std::string& id, Acks acks = Acks::by_reader) : group(with), member(about(id, acks)) {}

  void speak() { perform(member.next(group.time())); }
  void leave() { perform(member.leave()); }
  void perform(const Step& step) {
    if (step.commit) member.take(GroupMember::Answer<groups::CommitReply>(group.commit(*step.commit)), group.time());
    if (step.fetch) {
      const auto reply = GroupMember::Answer<groups::OffsetFetchReply>(group.fetch(*step.fetch));
      for (auto place : member.take(reply, group.time())) {
        place.next = Offset(0);
        member.places().begin(place, false);
      }
    }
    if (step.heartbeat) {
      member.take(GroupMember::Answer<groups::ConsumerHeartbeatReply>(group.beat(*step.heartbeat)), group.time());
    }
  }
  std::set<PartitionIndex> reads() const {
    std::set<PartitionIndex> all;
    for (const auto& place : member.places().readable()) all.insert(place.partition);
    return all;
  }

  Group& group;
  GroupMember member;
};

/// Until everybody has said all that there is to say at this moment and for a while.
void settle(Group& group, std::initializer_list<Prompt*> members) {
  for (int i = 0; i < 80; ++i) {
    for (auto* const each : members) each->speak();
    group.pass(250ms);
  }
}

TEST(GroupMember, JoinsAndBeginsWhereTheGroupIs) {
  Group group;
  Prompt one(group, "one");
  one.speak();
  EXPECT_FALSE(one.member.is_settled()) << "it does not know yet where to begin";
  one.speak();
  EXPECT_TRUE(one.member.is_settled());
  EXPECT_THAT(one.reads(), ElementsAre(0, 1, 2, 3, 4));
  const auto described = group.describe();
  ASSERT_EQ(described.members.size(), 1U);
  EXPECT_EQ(described.members[0].client_id, "curl/8");
  EXPECT_EQ(described.members[0].client_host, "/127.0.0.1");
  EXPECT_THAT(group.committed(), IsEmpty());
  settle(group, {&one});
  EXPECT_EQ(group.committed(),
            (Offsets{{0, Offset(0)}, {1, Offset(0)}, {2, Offset(0)}, {3, Offset(0)}, {4, Offset(0)}}));
}

TEST(GroupMember, SharesWithOthersAndLeavesAtOnce) {
  Group group;
  Prompt one(group, "one");
  Prompt two(group, "two");
  settle(group, {&one, &two});
  EXPECT_EQ(one.reads().size() + two.reads().size(), 5U);
  EXPECT_GE(one.reads().size(), 2U);
  EXPECT_GE(two.reads().size(), 2U);
  one.leave();
  EXPECT_EQ(group.describe().members.size(), 1U);
  settle(group, {&two});
  EXPECT_THAT(two.reads(), ElementsAre(0, 1, 2, 3, 4));
}

TEST(GroupMember, CommitsOnceASecondAndWhenItLeaves) {
  Group group;
  Prompt one(group, "one");
  settle(group, {&one});
  const auto done = [&](std::int64_t to) {
    auto place = one.member.places().readable().front();
    place.partition = 0;
    place.next = Offset(to);
    one.member.places().read({.partition = 0, .stay = place.stay, .next = Offset(to)}, {});
  };
  done(5);
  one.speak();
  EXPECT_EQ(group.committed()[0], Offset(5));
  done(6);
  group.pass(900ms);
  one.speak();
  EXPECT_EQ(group.committed()[0], Offset(5));
  group.pass(100ms);
  one.speak();
  EXPECT_EQ(group.committed()[0], Offset(6));
  done(7);
  one.leave();
  EXPECT_EQ(group.committed()[0], Offset(7));
}

TEST(GroupMember, HasToCommitWhatItGivesUpUntilThatIsAnswered) {
  Group group;
  Prompt one(group, "one");
  settle(group, {&one});
  Prompt two(group, "two");
  for (int i = 0; i < 40 && two.member.epoch() == 0; ++i) {
    two.speak();
    group.pass(250ms);
  }
  auto step = one.member.next(group.time());
  ASSERT_TRUE(step.heartbeat) << "it is told what is to go";
  one.perform(step);
  const auto goes = [&] {
    std::set<PartitionIndex> all{0, 1, 2, 3, 4};
    for (const auto partition : one.reads()) all.erase(partition);
    return all;
  }();
  ASSERT_FALSE(goes.empty());
  const auto gone = *goes.begin();
  const auto at = one.member.places().position(gone).value();
  ASSERT_TRUE(one.member.places().acknowledge(gone, at, at + 3));
  step = one.member.next(group.time());
  ASSERT_TRUE(step.commit);
  EXPECT_TRUE(one.member.is_to_commit(gone)) << "its place is forgotten, and the commit is not answered";
  one.perform(step);
  EXPECT_FALSE(one.member.is_to_commit(gone));
  EXPECT_EQ(group.committed()[gone], at + 3);
}

TEST(GroupMember, JoinsAgainWhenItWasFenced) {
  Group group;
  Prompt one(group, "one");
  settle(group, {&one});
  auto place = one.member.places().readable().front();
  place.next = Offset(1);
  one.member.places().read(place, {Offset(0)});
  const EventPlace event{.partition = place.partition, .stay = place.stay, .offset = Offset(0)};
  EXPECT_TRUE(one.member.places().tell(event));
  EXPECT_TRUE(one.member.places().acknowledge(event));
  EXPECT_TRUE(one.member.is_to_commit(place.partition));
  group.pass(50s);  // beyond the session timeout
  EXPECT_THAT(group.describe().members, IsEmpty());
  one.speak();
  EXPECT_EQ(one.member.last_commit(), ErrorCode::fenced_member_epoch) << "nobody is told that it is committed";
  EXPECT_FALSE(one.member.places().acknowledge(event)) << "it may be with somebody else by now";
  settle(group, {&one});
  EXPECT_EQ(one.reads().size(), 5U);
}

TEST(GroupMember, AsksAgainWhenThereIsNoCoordinator) {
  Group group;
  Prompt one(group, "one");
  const auto first = one.member.next(group.time());
  ASSERT_TRUE(first.heartbeat);
  (void)group.beat(*first.heartbeat);  // the answer is lost
  one.member.take(GroupMember::Answer<groups::ConsumerHeartbeatReply>(tl::unexpected(ErrorCode::not_coordinator)),
                  group.time());
  EXPECT_FALSE(one.member.next(group.time()).heartbeat);
  settle(group, {&one});
  EXPECT_EQ(one.reads().size(), 5U) << "it is told again what it did not hear";
}

TEST(GroupMember, SaysWhyTheCoordinatorDoesNotHaveIt) {
  Group group;
  Prompt one(group, std::string(300, 'x'));
  one.speak();
  ASSERT_TRUE(one.member.refusal());
  EXPECT_EQ(one.member.refusal()->error, ErrorCode::invalid_request);
  EXPECT_TRUE(one.member.is_over());
}

TEST(GroupMember, IsSilentWhenItWasNotSeen) {
  Group group;
  Prompt one(group, "one");
  EXPECT_FALSE(one.member.is_silent(Instant(1h))) << "it has a connection";
  one.member.seen(Instant(1s), 45s);
  EXPECT_FALSE(one.member.is_silent(Instant(45s)));
  EXPECT_TRUE(one.member.is_silent(Instant(46s)));
}

/// Readers come and go, are slow, acknowledge in any order or not at all; answers are late; the broker restarts.
class World {
 public:
  World(std::uint64_t seed, Acks acks) : chance_(seed), acks_(acks) {}

  void run(int steps) {
    for (int step = 0; step < steps && !::testing::Test::HasFailure(); ++step) {
      switch (chance_.below(16)) {
        case 0: arrive(); break;
        case 1: depart(); break;
        case 2: publish(); break;
        case 3: restart(); break;
        case 4: vanish(); break;
        default: move(static_cast<std::size_t>(chance_.below(64))); break;
      }
      group_.pass(Milliseconds(chance_.below(400)));
      expect_promises();
    }
  }

  /// Nothing happens any more but that the readers read.
  void come_to_rest() {
    if (readers_.empty()) arrive();
    for (int i = 0; i < 3'000 && !::testing::Test::HasFailure(); ++i) {
      for (std::size_t each = 0; each < readers_.size(); ++each) move(each);
      group_.pass(50ms);
      expect_promises();
    }
    const auto committed = group_.committed();
    for (PartitionIndex partition = 0; partition < partitions; ++partition) {
      const auto found = committed.find(partition);
      ASSERT_NE(found, committed.end()) << partition;
      EXPECT_EQ(found->second, Offset(end_)) << "all was read and acknowledged";
    }
  }

 private:
  struct Reader {
    Reader(const std::string& id, Acks acks) : member(about(id, acks)) {}
    GroupMember member;
    std::deque<std::function<void()>> answers;  ///< on the way
    std::deque<EventPlace> read;                ///< did not go out yet
    std::vector<EventPlace> out;                ///< not acknowledged yet
  };
  using ReaderPtr = std::shared_ptr<Reader>;

  static bool is_wanted(std::int64_t offset) { return offset % 5 != 3; }

  void arrive() {
    if (readers_.size() < 6) readers_.push_back(std::make_shared<Reader>("reader-" + std::to_string(++names_), acks_));
  }
  void depart() {
    if (readers_.empty()) return;
    const auto which = pick();
    perform(which, which->member.leave());
    std::erase(readers_, which);
  }
  /// Without a word, as when its door crashes.
  void vanish() {
    if (readers_.empty()) return;
    const auto which = pick();
    std::erase(readers_, which);
  }
  void publish() { end_ += static_cast<std::int64_t>(chance_.below(20)); }
  void restart() {
    group_.restart();
    // What was on its way is answered by nobody; it has happened all the same.
    for (const auto& each : readers_) {
      for (auto& answer : each->answers) answer();
      each->answers.clear();
    }
  }
  ReaderPtr pick() { return readers_[static_cast<std::size_t>(chance_.below(readers_.size()))]; }

  void move(std::size_t index) {
    if (readers_.empty()) return;
    const auto which = readers_[index % readers_.size()];
    if (!which->answers.empty() && chance_.chance(70)) {
      which->answers.front()();
      which->answers.pop_front();
    }
    perform(which, which->member.next(group_.time()));
    if (chance_.chance(60)) read(*which);
    if (chance_.chance(80)) tell(*which);
    if (chance_.chance(80)) acknowledge(*which);
  }

  void perform(const ReaderPtr& which, const Step& step) {
    if (step.commit) {
      later(*which, group_.commit(*step.commit));
    }
    if (step.fetch) {
      auto reply = group_.fetch(*step.fetch);
      which->answers.push_back([this, which = which.get(), reply = std::move(reply)] {
        for (auto place : which->member.take(GroupMember::Answer<groups::OffsetFetchReply>(reply), group_.time())) {
          place.next = Offset(0);
          which->member.places().begin(place, false);
        }
      });
    }
    if (step.heartbeat) later(*which, group_.beat(*step.heartbeat));
  }
  template <class Reply>
  void later(Reader& which, Reply reply) {
    const bool is_lost = chance_.chance(5);
    which.answers.push_back([this, &which, is_lost, reply = std::move(reply)] {
      auto answer = is_lost ? GroupMember::Answer<Reply>(tl::unexpected(ErrorCode::not_coordinator))
                            : GroupMember::Answer<Reply>(reply);
      which.member.take(answer, group_.time());
    });
  }

  void read(Reader& which) {
    if (!which.read.empty()) return;
    for (auto place : which.member.places().readable()) {
      const auto to = std::min(end_, place.next.value() + static_cast<std::int64_t>(chance_.below(4)));
      std::vector<Offset> events;
      for (auto offset = place.next.value(); offset < to; ++offset) {
        if (!is_wanted(offset)) continue;
        events.emplace_back(offset);
        which.read.push_back({.partition = place.partition, .stay = place.stay, .offset = Offset(offset)});
      }
      place.next = Offset(to);
      which.member.places().read(place, events);
    }
  }
  void tell(Reader& which) {
    while (!which.read.empty() && chance_.chance(80)) {
      const auto event = which.read.front();
      which.read.pop_front();
      if (!which.member.places().tell(event)) continue;
      which.member.places().told(event, group_.time());
      which.out.push_back(event);
      // Without acknowledgements what went out may be committed.
      if (acks_ == Acks::automatic) done_[event.partition].insert(event.offset.value());
    }
  }
  void acknowledge(Reader& which) {
    while (!which.out.empty() && chance_.chance(80)) {
      const auto at = which.out.begin() + static_cast<std::ptrdiff_t>(chance_.below(which.out.size()));
      if (which.member.places().acknowledge(*at)) done_[at->partition].insert(at->offset.value());
      which.out.erase(at);
    }
  }

  void expect_promises() {
    std::set<PartitionIndex> read;
    // Whom the coordinator has given up does not know it yet, and commits nothing.
    std::map<std::string, std::int32_t> epochs;
    for (const auto& member : group_.describe().members) epochs[member.member_id] = member.member_epoch;
    for (const auto& each : readers_) {
      if (epochs.find(each->member.about().member_id) == epochs.end()) continue;
      for (const auto& place : each->member.places().readable()) {
        EXPECT_TRUE(read.insert(place.partition).second) << "two members read partition " << place.partition;
      }
    }
    for (const auto& [partition, offset] : group_.committed()) {
      auto& at = checked_[partition];
      EXPECT_GE(offset.value(), at) << "what is committed does not go back";
      for (; at < offset.value(); ++at) {
        EXPECT_TRUE(!is_wanted(at) || done_[partition].contains(at))
            << partition << " " << at << " is not acknowledged";
      }
    }
  }

  support::SeededRandom chance_;
  Acks acks_;
  Group group_;
  std::vector<ReaderPtr> readers_;
  int names_ = 0;
  std::int64_t end_ = 10;  ///< of every partition
  std::map<PartitionIndex, std::set<std::int64_t>> done_;
  std::map<PartitionIndex, std::int64_t> checked_;
};

TEST(GroupMemberSimulation, NeverCommitsPastWhatIsNotAcknowledgedAndNeverReadsWithAnother) {
  const auto seeds = support::seed_count_from_env(60);
  for (std::uint64_t i = 0; i < seeds && !HasFailure(); ++i) {
    const auto seed = support::seed_from_env(1) + i;
    SCOPED_TRACE("MILLRACE_SEED=" + std::to_string(seed));
    World world(seed, i % 3 == 0 ? Acks::automatic : Acks::by_reader);
    world.run(400);
    world.come_to_rest();
  }
}

}  // namespace
}  // namespace millrace::http
