#pragma once
// A member that uses the classic protocol in a group of the consumer protocol: told to join again, it does, with what
// it has. Beside Consumer (consumer.hpp), for stories about groups with members of both kinds.

#include <set>
#include <string>
#include <vector>

#include "groups/consumer.hpp"
#include "millrace/groups/consumer_protocol.hpp"

namespace millrace::groups {

inline void put_topics(Bytes& to, const NamedPartitions& partitions) {
  append_be(to, static_cast<std::int32_t>(partitions.size()));
  for (const auto& [topic, indexes] : partitions) {
    append_be(to, static_cast<std::int16_t>(topic.size()));
    append_bytes(to, as_bytes(topic));
    append_be(to, static_cast<std::int32_t>(indexes.size()));
    for (const PartitionIndex index : indexes) append_be(to, index);
  }
}

/// What a consumer says when it joins, in version 1.
inline Bytes subscription(const std::vector<std::string>& topics, const NamedPartitions& owned) {
  Bytes out;
  append_be(out, std::int16_t{1});
  append_be(out, static_cast<std::int32_t>(topics.size()));
  for (const std::string& topic : topics) {
    append_be(out, static_cast<std::int16_t>(topic.size()));
    append_bytes(out, as_bytes(topic));
  }
  append_be(out, std::int32_t{-1});
  put_topics(out, owned);
  return out;
}

/// A consumer of the classic protocol: whenever it is told to, it joins again with what it has.
class ClassicConsumer {
 public:
  ClassicConsumer(Scenario& scenario, std::string client_id, std::vector<std::string> topics)
      : scenario_(scenario), client_(std::move(client_id)), topics_(std::move(topics)) {
    client_.session(30s).rebalance(60s);
  }
  ClassicConsumer& instance(std::string id) {
    client_.instance(id);
    seat.instance = std::move(id);
    return *this;
  }
  JoinReply join() {
    client_.request.protocols = {{"cooperative-sticky", subscription(topics_, owned)}};
    client_.request.member_id = seat.id;
    const Ticket ticket = scenario_.join(client_);
    parked = ticket;
    if (!scenario_.answered(ticket)) return {};
    return joined();
  }
  JoinReply joined() {
    const JoinReply reply = scenario_.joined(parked);
    if (reply.error == ErrorCode::none) {
      seat.id = reply.member_id;
      seat.generation = reply.generation_id;
    }
    return reply;
  }
  ErrorCode sync(const NamedPartitions& as_leader = {}) {
    std::map<std::string, std::string> assignment;
    if (!as_leader.empty()) assignment[seat.id] = std::string(as_text(write_assignment(1, as_leader)));
    const SyncReply reply = scenario_.synced(scenario_.sync(seat, assignment));
    if (reply.error == ErrorCode::none) owned = read_assignment(reply.assignment).value();
    return reply.error;
  }
  /// What a client does in its loop. True when something changed.
  bool beat() {
    const auto error = scenario_.heartbeat(seat);
    if (error == ErrorCode::none) return false;
    EXPECT_EQ(error, ErrorCode::rebalance_in_progress) << name_of(error);
    EXPECT_EQ(join().error, ErrorCode::none);
    EXPECT_EQ(sync(), ErrorCode::none);
    return true;
  }

  Seat seat{"", -1, {}, "g"};
  NamedPartitions owned;
  Ticket parked{};

 private:
  Scenario& scenario_;
  Client client_;
  std::vector<std::string> topics_;
};

/// Both kinds beat until nothing changes, and no partition is ever with two.
inline void settle(std::vector<ClassicConsumer*> classic, std::vector<Consumer*> modern) {
  for (int round = 0; round < 50; ++round) {
    bool changed = false;
    for (ClassicConsumer* each : classic) changed = each->beat() || changed;
    for (Consumer* each : modern) {
      const auto owned = each->owned;
      const auto epoch = each->epoch;
      EXPECT_EQ(each->beat().error, ErrorCode::none);
      changed = changed || owned != each->owned || epoch != each->epoch;
    }
    std::set<std::string> seen;
    for (ClassicConsumer* each : classic)
      for (const auto& [topic, partitions] : each->owned)
        for (const auto partition : partitions)
          EXPECT_TRUE(seen.insert(topic + "-" + std::to_string(partition)).second) << "two own it";
    for (Consumer* each : modern)
      for (const auto& name : each->has()) EXPECT_TRUE(seen.insert(name).second) << name << " is owned by two";
    if (!changed) return;
  }
  ADD_FAILURE() << "the group does not come to rest";
}

}  // namespace millrace::groups
