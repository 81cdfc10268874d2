// Consumer groups under everything at once, from a seed: members come and go, are slow to give up, fall silent, change
// their minds; topics come, grow and go; an administrator resets offsets; the broker restarts. At every moment no
// partition is with two members, and when it has become quiet each is with one; and no commit of a place from before a
// reset ever undoes it.

#include <gtest/gtest.h>

#include <memory>
#include <random>

#include "groups/consumer.hpp"

namespace millrace::groups {
namespace {

/// A client that takes its time to give up: until then it holds what it was told to give up, and says so.
struct Slow {
  Slow(Scenario& s, std::string id) : client(s, std::move(id)) {}

  void take(const Assignment& told) {
    Assignment next = told;
    for (const auto& [topic, partitions] : holds)
      for (const PartitionIndex partition : partitions)
        if (patience > 0) next[topic].insert(partition);
    holds = std::move(next);
    client.owned = holds;
  }

  /// Where it reads next, and how many resets of the partition it knows of.
  struct Place {
    std::int64_t next = 0;
    int resets = 0;
  };
  Consumer client;
  Assignment holds;
  std::map<std::pair<Uuid, PartitionIndex>, Place> places;
  int patience = 0;  ///< beats for which it keeps what it is to give up
};

class World {
 public:
  explicit World(unsigned seed) : chance_(seed) { change_topics(); }

  void run(int steps) {
    for (int step = 0; step < steps && !::testing::Test::HasFailure(); ++step) {
      switch (below(13)) {
        case 6: reset(); break;
        case 0: arrive(); break;
        case 1: depart(); break;
        case 2: change_topics(); break;
        case 3: change_mind(); break;
        case 4: s_.restart(), show_topics(); break;
        case 5: s_.pass(Milliseconds{1'000 * below(8)}); break;
        default: beat(below(clients_.size() + 1)); break;
      }
      if (below(10) == 0) beat_all();
      expect_one_owner_each();
    }
  }

  void come_to_rest() {
    for (auto& each : clients_) each.second->patience = 0;
    for (int round = 0; round < 60; ++round) {
      s_.pass(1s);  // until regular expressions have seen the newest topics
      beat_all();
    }
    expect_one_owner_each();
    std::set<std::pair<Uuid, PartitionIndex>> wanted, held;
    for (const auto& [id, each] : clients_) {
      for (const std::string& name : each->client.about.subscribed_topics.value_or(std::vector<std::string>{}))
        if (topics_.contains(name))
          for (PartitionIndex i = 0; i < topics_.at(name); ++i) wanted.emplace(s_.topic_id(name), i);
      if (each->client.about.subscribed_regex == "t.*")
        for (const auto& [name, partitions] : topics_)
          for (PartitionIndex i = 0; i < partitions; ++i) wanted.emplace(s_.topic_id(name), i);
      for (const auto& [topic, partitions] : each->holds)
        for (const PartitionIndex partition : partitions) held.emplace(topic, partition);
    }
    EXPECT_EQ(held, wanted);
    EXPECT_TRUE(clients_.empty() || s_.describe_consumer().state == GroupState::stable);
  }

 private:
  std::size_t below(std::size_t limit) { return limit == 0 ? 0 : chance_() % limit; }

  void show_topics() { s_.topics(topics_); }

  void change_topics() {
    const std::string name = "t" + std::to_string(below(5));
    const auto at = topics_.find(name);
    if (at == topics_.end())
      topics_[name] = static_cast<std::int32_t>(1 + below(6));
    else if (below(3) == 0)
      topics_.erase(at);
    else
      at->second += static_cast<std::int32_t>(below(4));
    show_topics();
  }

  std::vector<std::string> some_topics() {
    std::vector<std::string> out;
    for (int i = 0; i < 5; ++i)
      if (below(2) == 0) out.push_back("t" + std::to_string(i));
    return out;
  }

  void arrive() {
    if (clients_.size() >= 6) return;
    const std::string id = "m" + std::to_string(++ids_);
    auto each = std::make_unique<Slow>(s_, id);
    if (below(4) == 0)
      each->client.matching("t.*");
    else
      each->client.reads(some_topics());
    if (below(4) == 0) each->client.assignor("range");
    if (below(3) == 0) each->client.instance("seat-" + id);
    ASSERT_EQ(each->client.join().error, ErrorCode::none);
    each->take(each->client.owned);
    clients_[id] = std::move(each);
  }

  void depart() {
    if (clients_.empty()) return;
    const auto at = std::next(clients_.begin(), static_cast<std::ptrdiff_t>(below(clients_.size())));
    Slow& each = *at->second;
    const bool is_static = each.client.about.instance_id.has_value();
    if (below(3) == 0) {
      // It falls silent, and has lost everything by the time that its session ends.
      each.holds = {};
    } else if (is_static && below(2) == 0) {
      ASSERT_EQ(each.client.leave(-2).error, ErrorCode::none);
      Slow back(s_, "m" + std::to_string(++ids_));
      back.client.about = each.client.about;
      back.client.about.member_id = "m" + std::to_string(ids_);
      ASSERT_EQ(back.client.join().error, ErrorCode::none);
      back.take(back.client.owned);
      clients_[back.client.about.member_id] = std::make_unique<Slow>(back);
    } else {
      ASSERT_EQ(each.client.leave().error, ErrorCode::none);
    }
    clients_.erase(at);
  }

  void change_mind() {
    if (clients_.empty()) return;
    Slow& each = *std::next(clients_.begin(), static_cast<std::ptrdiff_t>(below(clients_.size())))->second;
    each.client.reads(some_topics());
    hear(each, each.client.tell());
  }

  void beat(std::size_t which) {
    if (which >= clients_.size()) return;
    Slow& each = *std::next(clients_.begin(), static_cast<std::ptrdiff_t>(which))->second;
    if (below(3) == 0) each.patience = static_cast<int>(below(3));
    hear(each, each.client.beat());
  }

  void hear(Slow& each, const ConsumerHeartbeatReply& reply) {
    ASSERT_EQ(reply.error, ErrorCode::none) << name_of(reply.error) << ": " << reply.message.value_or("");
    commit(each);
    if (reply.assignment) {
      told_[each.client.about.member_id] = *reply.assignment;
    }
    if (each.patience > 0) --each.patience;
    if (told_.contains(each.client.about.member_id))
      each.take(told_[each.client.about.member_id]);
    else
      each.client.owned = each.holds;
    follow(each);
  }

  /// It keeps its places in memory, and asks where to begin only when it gets a partition.
  void follow(Slow& each) {
    std::erase_if(each.places, [&](const auto& place) {
      const auto& [topic, partition] = place.first;
      return !contains(each.holds, topic, partition);
    });
    for (const auto& [topic, partitions] : each.holds) {
      for (const PartitionIndex partition : partitions) {
        const auto [at, is_new] = each.places.try_emplace({topic, partition});
        if (!is_new) {
          at->second.next += static_cast<std::int64_t>(below(5));
          continue;
        }
        const auto name = s_.topic_named(topic);
        const auto reply = s_.fetch({.groups = {{.group_id = "g", .member_id = {}, .topics = {{{name, {partition}}}}}},
                                     .connection = each.client.about.member_id});
        const auto offset = reply.groups.at(0).topics.at(0).partitions.at(0).offset;
        at->second = {offset == no_offset ? 0 : offset.value(), resets_[{name, partition}]};
      }
    }
  }

  void commit(Slow& each) {
    for (const auto& [where, place] : each.places) {
      const auto name = s_.topic_named(where.first);
      if (name.empty()) continue;
      CommitRequest request;
      request.group_id = "g";
      request.generation_id = each.client.epoch;
      request.member_id = each.client.about.member_id;
      request.topics = {{name, {{where.second, Offset(place.next), -1, {}}}}};
      request.knows_member_epochs = true;
      request.connection = each.client.about.member_id;
      const auto before = s_.committed(name, where.second).offset;
      const auto error = s_.commit(request).topics.at(0).partitions.at(0).error;
      const auto after = s_.committed(name, where.second).offset;
      const bool is_outdated = place.resets < resets_[{name, where.second}];
      if (is_outdated || error != ErrorCode::none) {
        EXPECT_EQ(after, before) << name << "-" << where.second << ": a reset is undone";
      } else {
        EXPECT_EQ(after, Offset(place.next)) << name << "-" << where.second << ": a commit is lost";
      }
    }
  }

  void reset() {
    if (topics_.empty()) return;
    const auto at = std::next(topics_.begin(), static_cast<std::ptrdiff_t>(below(topics_.size())));
    const auto partition = static_cast<PartitionIndex>(below(static_cast<std::size_t>(at->second)));
    const Ticket ticket = s_.ticket();
    const Offset to(static_cast<std::int64_t>(1'000 * (1 + below(9))));
    s_.apply(s_.coordinator().reset({.group_id = "g", .topics = {{at->first, {{partition, to}}}}}, ticket, s_.now()));
    ASSERT_EQ(s_.answer<ResetReply>(ticket).error, ErrorCode::none);
    ++resets_[{at->first, partition}];
  }

  void beat_all() {
    for (std::size_t i = 0; i < clients_.size(); ++i) beat(i);
  }

  void expect_one_owner_each() {
    std::map<std::pair<Uuid, PartitionIndex>, std::string> owners;
    for (const auto& [id, each] : clients_)
      for (const auto& [topic, partitions] : each->holds)
        for (const PartitionIndex partition : partitions) {
          const auto [at, fresh] = owners.try_emplace({topic, partition}, id);
          EXPECT_TRUE(fresh) << "partition " << partition << " is with " << at->second << " and " << id;
        }
  }

  std::mt19937 chance_;
  Scenario s_;
  std::map<std::string, std::int32_t> topics_;
  std::map<std::string, std::unique_ptr<Slow>> clients_;
  std::map<std::string, Assignment> told_;
  std::map<std::pair<std::string, PartitionIndex>, int> resets_;
  int ids_ = 0;
};

class ConsumerGroupSeeds : public ::testing::TestWithParam<unsigned> {};

TEST_P(ConsumerGroupSeeds, NoPartitionIsEverWithTwoAndNoneIsLost) {
  World world(GetParam());
  world.run(400);
  world.come_to_rest();
}

INSTANTIATE_TEST_SUITE_P(Seeds, ConsumerGroupSeeds, ::testing::Range(1u, 51u));

}  // namespace
}  // namespace millrace::groups
