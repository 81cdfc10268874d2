#pragma once
// Machine: every decision about the groups of one coordinator, split by request over the files beside it.
// coordinator.hpp is its public face and says what it promises; here are the parts that the requests share.
//
// A call makes one Turn, hands it down, and returns the effects that have gathered in it. Nothing here waits or asks
// for the time. Owned by its Coordinator.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "group.hpp"
#include "millrace/groups/coordinator.hpp"
#include "timers.hpp"

namespace millrace::groups {

class Machine {
 public:
  explicit Machine(const Config& config) : config_(config) {}
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  [[nodiscard]] Result<void> replay(ByteView key, std::optional<ByteView> value);
  void loaded(Now now);
  [[nodiscard]] Effects join(const JoinRequest& request, Ticket to, Now now);
  [[nodiscard]] Effects sync(const SyncRequest& request, Ticket to, Now now);
  [[nodiscard]] Effects heartbeat(const HeartbeatRequest& request, Ticket to, Now now);
  [[nodiscard]] Effects leave(const LeaveRequest& request, Ticket to, Now now);
  [[nodiscard]] Effects commit(const CommitRequest& request, Ticket to, Now now);
  [[nodiscard]] Effects delete_group(const DeleteGroupRequest& request, Ticket to, Now now);
  [[nodiscard]] Effects delete_offsets(const OffsetDeleteRequest& request, Ticket to, Now now);
  [[nodiscard]] Effects fetch_offsets(const OffsetFetchRequest& request, Ticket to) const;
  [[nodiscard]] Effects describe(const DescribeRequest& request, Ticket to) const;
  [[nodiscard]] Effects list(const ListRequest& request, Ticket to) const;
  [[nodiscard]] Effects topics_deleted(std::span<const std::string> names, Now now);
  [[nodiscard]] Effects tick(Now now);
  [[nodiscard]] std::optional<Instant> next_deadline() const { return timers_.next(); }
  [[nodiscard]] const Coordinator::Totals& totals() const { return totals_; }

 private:
  struct Turn {
    Now now;
    Effects effects;
    void answer(Ticket to, AnyReply reply) { effects.replies.push_back({to, std::move(reply)}); }
  };
  using Groups = std::map<std::string, Group, std::less<>>;

  // groups.cpp: making, finding and recording them
  [[nodiscard]] Group* find(std::string_view group_id);
  [[nodiscard]] const Group* find(std::string_view group_id) const;
  [[nodiscard]] bool is_full() const { return groups_.size() >= config_.groups_max; }
  Group& create(const std::string& group_id, Timestamp created);
  void record(const Group& group, Turn& turn) const;
  void record_tombstone(Bytes key, Turn& turn) const;
  void erase_if_deserted(const std::string& group_id, Turn& turn);
  [[nodiscard]] ErrorCode check_member(Group& group, const std::string& member_id,
                                       const std::optional<std::string>& instance_id) const;
  void arm_session(const Group& group, const Member& member, Now now);
  void disarm_session(const Group& group, const std::string& member_id);

  // join.cpp, join_known.cpp
  [[nodiscard]] ErrorCode check_join(const JoinRequest& request) const;
  [[nodiscard]] ErrorCode check_room(Group* group, const JoinRequest& request);
  [[nodiscard]] bool accepts(Group& group, const JoinRequest& request) const;
  void turn_away(Group& group, const JoinRequest& request, Ticket to, Turn& turn);
  void join_new(Group& group, const JoinRequest& request, Ticket to, Turn& turn);
  void hand_out_id(Group& group, const JoinRequest& request, std::string member_id, Ticket to, Turn& turn);
  void forget_pending(Group& group, const std::string& member_id);
  void make_room_for_pending(Group& group, Turn& turn);
  void add_member(Group& group, const JoinRequest& request, std::string member_id, Ticket to, Turn& turn);
  void join_known(Group& group, const JoinRequest& request, Ticket to, Turn& turn);
  void rejoin(Group& group, Member& member, const JoinRequest& request, Ticket to, Turn& turn);
  void replace_static(Group& group, const JoinRequest& request, const std::string& new_id, Ticket to, Turn& turn);
  void update_member(Group& group, Member& member, const JoinRequest& request);
  void park_join(Group& group, Member& member, Ticket to, Turn& turn);
  [[nodiscard]] JoinReply current_generation(const Group& group, const Member& member) const;

  // rebalance.cpp
  void rebalance_or_complete(Group& group, Turn& turn);
  void prepare_rebalance(Group& group, Turn& turn);
  void complete_join_if_ready(Group& group, Turn& turn);
  void complete_join(Group& group, Turn& turn);
  void remove_member(Group& group, const std::string& member_id, Turn& turn);
  void answer_parked_syncs(Group& group, ErrorCode error, Turn& turn);
  void synced(Group& group, Member& member);

  // sync.cpp
  void take_assignment(Group& group, const SyncRequest& request, Turn& turn);

  // offsets.cpp, sweep.cpp
  [[nodiscard]] ErrorCode check_commit(Group* group, const CommitRequest& request) const;
  [[nodiscard]] ErrorCode commit_one(Group& group, const std::string& topic, const CommitRequest::Partition& partition,
                                     Timestamp expire, Turn& turn);
  void sweep(Turn& turn);
  [[nodiscard]] bool sweep_group(Group& group, std::size_t& looks, std::size_t room, Turn& turn);

  // removal.cpp
  void forget_offsets(Group& group, const std::string& topic, Turn& turn);

  // tick.cpp
  void fire(const TimerName& timer, Turn& turn);
  void join_timer(Group& group, Turn& turn);
  void sync_timer(Group& group, Turn& turn);
  void session_timer(Group& group, const std::string& member_id, Turn& turn);

  Config config_;
  Coordinator::Totals totals_;
  Groups groups_;
  Timers timers_;
  /// Ids handed out, the oldest first: turn → group and member.
  std::map<std::uint64_t, std::pair<std::string, std::string>> pending_;
  std::uint64_t pending_turns_ = 0;
  OffsetKey swept_until_;       ///< where the sweep goes on
  bool sweep_resumes_ = false;  ///< swept_until_ is the middle of a sweep
  bool loaded_ = false;
};

}  // namespace millrace::groups
