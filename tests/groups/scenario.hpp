#pragma once
// A tiny language for stories about groups, in simulated time:
//
//   Scenario s;
//   auto [a, b] = s.stable("a", "b");
//   s.leave(b);
//   EXPECT_EQ(s.heartbeat(a), ErrorCode::rebalance_in_progress);
//
// Every scenario checks on its own: no ticket is answered twice or never; after it, what the log replays into a fresh
// coordinator describes the same groups at rest and the same offsets.

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "millrace/groups/coordinator.hpp"
#include "millrace/groups/group_records.hpp"

namespace millrace::groups {

using namespace std::chrono_literals;

/// Who joins, and with what: Client("a").as("a-1").knows("range", "topics").session(10s)
struct Client {
  JoinRequest request;

  explicit Client(std::string client_id) {
    request.group_id = "g";
    request.client_id = std::move(client_id);
    request.client_host = "/127.0.0.1";
    request.session_timeout = 10s;
    request.rebalance_timeout = 60s;
    request.protocol_type = "consumer";
  }
  Client& in(std::string group) { return request.group_id = std::move(group), *this; }
  Client& as(std::string member_id) { return request.member_id = std::move(member_id), *this; }
  Client& instance(std::string id) { return request.group_instance_id = std::move(id), *this; }
  Client& type(std::string type) { return request.protocol_type = std::move(type), *this; }
  Client& knows(std::string protocol, std::string_view metadata = "m") {
    return request.protocols.push_back({std::move(protocol), to_bytes(metadata)}), *this;
  }
  Client& session(Milliseconds time) { return request.session_timeout = time, *this; }
  Client& rebalance(Milliseconds time) { return request.rebalance_timeout = time, *this; }
  /// Of JoinGroup.
  Client& version(int version) {
    request.require_known_member_id = version >= 4;
    request.supports_skipping_assignment = version >= 9;
    return *this;
  }
};

/// One that knows the assignor range, as most do.
inline Client consumer(std::string client_id) { return Client(std::move(client_id)).knows("range"); }

/// A member as its client sees it after a join.
struct Seat {
  std::string id;
  std::int32_t generation = -1;
  std::optional<std::string> instance = {};
  std::string group = "g";
};

/// One committed position.
struct Position {
  std::string topic;
  PartitionIndex partition = 0;
  std::int64_t offset = 0;
  std::string metadata = {};
  LeaderEpoch epoch = -1;
};

class Scenario {
 public:
  explicit Scenario(Config config = {});
  Scenario(const Scenario&) = delete;
  Scenario& operator=(const Scenario&) = delete;
  ~Scenario();

  // A request that may be answered later gives its ticket.
  Ticket join(Client client);
  Ticket sync(const Seat& seat, std::map<std::string, std::string> assignment = {});
  Ticket sync(SyncRequest request);

  // The others are answered at once.
  ErrorCode heartbeat(const Seat& seat);
  ErrorCode leave(const Seat& seat);
  LeaveReply leave(std::vector<LeaveRequest::Member> members, std::string group = "g");
  ConsumerHeartbeatReply beat(ConsumerHeartbeatRequest request);
  ConsumerDescribeReply::Group describe_consumer(std::string group = "g");
  ErrorCode commit(const Seat& seat, Position position);
  CommitReply commit(CommitRequest request);
  /// No member, no generation.
  ErrorCode commit_simply(Position position, std::string group = "g");
  OffsetFetchReply::Partition committed(std::string topic, PartitionIndex partition, std::string group = "g");
  OffsetFetchReply::Group all_committed(std::string group = "g");
  OffsetFetchReply fetch(OffsetFetchRequest request);
  DescribeReply::Group describe(std::string group = "g");
  ListReply list(ListRequest request = {});
  void delete_topics(std::vector<std::string> names);
  ErrorCode delete_group(std::string group = "g");
  OffsetDeleteReply delete_offsets(std::vector<OffsetDeleteRequest::Topic> topics, std::string group = "g");

  [[nodiscard]] bool answered(Ticket ticket) const { return answers_.contains(ticket); }
  /// Requires: it is answered.
  template <class T>
  [[nodiscard]] T answer(Ticket ticket) const {
    const auto at = answers_.find(ticket);
    if (at == answers_.end()) {
      ADD_FAILURE() << "ticket " << static_cast<std::uint64_t>(ticket) << " is not answered";
      return {};
    }
    return std::get<T>(at->second);
  }
  [[nodiscard]] JoinReply joined(Ticket ticket) const { return answer<JoinReply>(ticket); }
  [[nodiscard]] SyncReply synced(Ticket ticket) const { return answer<SyncReply>(ticket); }
  [[nodiscard]] Seat seat(Ticket ticket) const;

  /// From now on there are these topics, with so many partitions; one that was there before keeps its id.
  void topics(const std::map<std::string, std::int32_t>& wanted);
  [[nodiscard]] Uuid topic_id(const std::string& name) const;
  /// "" when there is none.
  [[nodiscard]] std::string topic_named(const Uuid& id) const;

  /// Time passes; timers fire at their instants.
  void pass(Milliseconds time);
  /// The wall clock alone is set, as by an administrator.
  void set_wall(Milliseconds by) { wall_shift_ += by; }
  [[nodiscard]] GroupState state(std::string group = "g") { return describe(std::move(group)).state; }

  /// A stable group of these clients, all knowing "range", each assigned "for <client>"; the first leads.
  std::vector<Seat> stable(std::vector<Client> clients);
  template <class... Names>
  std::array<Seat, sizeof...(Names)> stable(Names... names) {
    const auto seats = stable(std::vector<Client>{Client(names).knows("range")...});
    std::array<Seat, sizeof...(Names)> out;
    std::copy(seats.begin(), seats.end(), out.begin());
    return out;
  }

  /// The process dies and starts again: what was not in the log is gone, and so are the tickets.
  void restart();
  [[nodiscard]] Coordinator replayed() const;
  /// Puts effects into the log and among the answers, as the engine does.
  void apply(Effects effects);
  [[nodiscard]] const std::vector<LogRecord>& log() const { return log_; }
  [[nodiscard]] Coordinator& coordinator() { return coordinator_; }
  [[nodiscard]] Now now() const;
  Ticket ticket();

 private:
  void expect_replay_equals();
  class Pictured;

  Config config_;
  std::shared_ptr<const Pictured> pictured_;  ///< the topics that there are
  Coordinator coordinator_;
  Milliseconds time_{0};
  Milliseconds wall_shift_{0};
  std::uint64_t tickets_ = 0;
  std::uint64_t ids_ = 0;
  std::set<Ticket> waiting_;
  std::map<Ticket, AnyReply> answers_;
  std::vector<LogRecord> log_;
};

}  // namespace millrace::groups
