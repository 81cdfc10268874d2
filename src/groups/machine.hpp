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

#include "awaits.hpp"
#include "group.hpp"
#include "millrace/groups/consumer_protocol.hpp"
#include "millrace/groups/coordinator.hpp"
#include "refusals.hpp"
#include "timers.hpp"

namespace millrace::groups {

class Machine {
 public:
  explicit Machine(const Config& config) : config_(config) {}
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  [[nodiscard]] Result<void> replay(ByteView key, std::optional<ByteView> value);
  void loaded(Now now);
  void set_topics(TopicsPtr topics) { topics_ = std::move(topics); }
  void set_settings(SettingsPtr settings) { settings_ = std::move(settings); }
  [[nodiscard]] Effects consumer_heartbeat(const ConsumerHeartbeatRequest& request, Ticket to, Now now);
  [[nodiscard]] Effects consumer_describe(const ConsumerDescribeRequest& request, Ticket to) const;
  [[nodiscard]] Effects join(const JoinRequest& request, Ticket to, Now now);
  [[nodiscard]] Effects sync(const SyncRequest& request, Ticket to, Now now);
  [[nodiscard]] Effects heartbeat(const HeartbeatRequest& request, Ticket to, Now now);
  [[nodiscard]] Effects leave(const LeaveRequest& request, Ticket to, Now now);
  [[nodiscard]] Effects commit(const CommitRequest& request, Ticket to, Now now);
  [[nodiscard]] Effects delete_group(const DeleteGroupRequest& request, Ticket to, Now now);
  [[nodiscard]] Effects delete_offsets(const OffsetDeleteRequest& request, Ticket to, Now now);
  [[nodiscard]] Effects reset(const ResetRequest& request, Ticket to, Now now);
  [[nodiscard]] Effects await(const AwaitRequest& request, Ticket to, Now now);
  [[nodiscard]] Effects fetch_offsets(const OffsetFetchRequest& request, Ticket to);
  [[nodiscard]] Effects describe(const DescribeRequest& request, Ticket to) const;
  [[nodiscard]] Effects list(const ListRequest& request, Ticket to) const;
  [[nodiscard]] Effects topics_deleted(std::span<const std::string> names, Now now);
  [[nodiscard]] Effects tick(Now now);
  [[nodiscard]] std::optional<Instant> next_deadline() const;
  [[nodiscard]] const Coordinator::Totals& totals() const { return totals_; }
  [[nodiscard]] Coordinator::CommittedPage committed(const OffsetKey& after, std::size_t offsets_max) const;

 private:
  struct Turn {
    Now now;
    Effects effects;
    void answer(Ticket to, AnyReply reply) { effects.replies.push_back({to, std::move(reply)}); }
    template <class Key, class Value>
    void write(const Key& key, const Value& value) {
      effects.records.push_back({encode_key(key), encode_value(value), now.wall});
    }
    template <class Key>
    void erase(const Key& key) {
      effects.records.push_back({encode_key(key), std::nullopt, now.wall});
    }
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
  [[nodiscard]] ErrorCode check_commit(const ConsumerGroup& group, const CommitRequest& request) const;
  /// A member that was moved to a newer epoch while it was reading may still commit what it had all along (KIP-1251).
  [[nodiscard]] bool may_commit_late(const ConsumerGroup& group, const CommitRequest& request, const std::string& topic,
                                     PartitionIndex partition) const;
  [[nodiscard]] ErrorCode check_fetch(const Group* group, const OffsetFetchRequest::Group& asked) const;
  [[nodiscard]] ErrorCode commit_one(Group& group, const std::string& topic, const CommitRequest::Partition& partition,
                                     Timestamp expire, Turn& turn);
  void sweep(Turn& turn);
  [[nodiscard]] bool sweep_group(Group& group, std::size_t& looks, std::size_t room, Turn& turn);

  // removal.cpp
  void forget_offsets(Group& group, const std::string& topic, Turn& turn);

  // await.cpp
  void tell_who_awaits(const Group& group, const std::string& topic, PartitionIndex partition, Turn& turn);
  void give_up_awaits(Turn& turn);
  [[nodiscard]] Offset committed_for(const Awaited& awaited) const;

  // reset.cpp
  [[nodiscard]] std::optional<Refusal> check_reset(const Group* group, const ResetRequest& request) const;
  /// Takes what is to be reset away from the members, so that whoever gets it next begins where it is told to.
  void withhold(Group& group, const ResetRequest& request, Turn& turn);
  /// Of a classic group whose next generation has begun: what nobody had in the last one is given out again.
  void settle_withheld(Group& group, Turn& turn) const;
  /// Of a stable classic group: once all have learned that they do not have it, another generation gives it out again.
  void hand_out_withheld(Group& group, Turn& turn);
  /// Of a consumer group: hands out again what was withheld, if nobody has it any more. True: it did.
  bool release_withheld(Group& group, Turn& turn);
  /// The reset is over: what is committed counts again, also in the log.
  void forget_withheld(Group& group, Turn& turn) const;

  void move_offset(Group& group, const std::string& topic, PartitionIndex partition, OffsetValue value,
                   Turn& turn) const;

  // consumer_heartbeat.cpp: the request
  using Refused = std::optional<Refusal>;
  [[nodiscard]] Refused check_heartbeat(const ConsumerHeartbeatRequest& request) const;
  [[nodiscard]] Refused check_room(const Group* group, const ConsumerHeartbeatRequest& request) const;
  [[nodiscard]] Refused check_known(const ConsumerGroup& group, const ConsumerHeartbeatRequest& request) const;
  void leave_consumer_group(const ConsumerHeartbeatRequest& request, Ticket to, Turn& turn);

  // consumer_members.cpp: what happens to a member
  /// Takes in what a member says, and moves it on. `was` is what it said before; unset: it is new.
  const ConsumerMember& take_in(Group& group, const std::optional<ConsumerMemberValue>& was, ConsumerMember member,
                                const std::optional<Assignment>& owned, Turn& turn);
  /// A static member has come back under another id.
  [[nodiscard]] ConsumerMember succeed(Group& group, const ConsumerMember& before, const std::string& member_id,
                                       Turn& turn);
  void remove_consumer_member(Group& group, const std::string& member_id, Turn& turn);
  void fence(Group& group, const std::string& member_id, Turn& turn);
  void bump_epoch(Group& group, Turn& turn);
  void assign(Group& group, Turn& turn);
  void reconcile(Group& group, const std::string& member_id, const std::optional<Assignment>& owned, Turn& turn);
  [[nodiscard]] Milliseconds session_timeout(const Group& group) const {
    return settings_->session_timeout(group.id()).value_or(config_.consumer_session_timeout);
  }
  [[nodiscard]] Milliseconds heartbeat_interval(const Group& group) const {
    return settings_->heartbeat_interval(group.id()).value_or(config_.consumer_heartbeat_interval);
  }
  void arm_session(const Group& group, const ConsumerMember& member, Now now);
  void cancel_timers_of(const Group& group, const std::string& member_id);
  [[nodiscard]] Assignment existing(const NamedPartitions& named) const;
  [[nodiscard]] NamedPartitions named(const EpochAssignment& assigned) const;

  // consumer_topics.cpp: what there is to read
  /// Of this member alone, so that no request costs more than one expression. True: it means something else now.
  [[nodiscard]] bool resolve_expression(Group& group, const ConsumerMember& member, Turn& turn);
  void forget_unused_expressions(Group& group, Turn& turn);
  [[nodiscard]] std::int64_t hash_of(const ConsumerGroup::Names& names) const;

  // consumer_classic.cpp: members of consumer groups that use the classic protocol
  void make_way_for_classic(Group& group, const JoinRequest& request, Turn& turn);
  void join_consumer_group(Group& group, const JoinRequest& request, Ticket to, Turn& turn);
  [[nodiscard]] ErrorCode check_classic_member(const ConsumerGroup& group, const std::string& member_id,
                                               const std::optional<std::string>& instance_id) const;
  [[nodiscard]] static bool has_to_join_again(const ConsumerGroup& group, const ConsumerMember& member);
  [[nodiscard]] SyncReply sync_consumer_group(Group& group, const SyncRequest& request, Turn& turn);
  void expect_join(const Group& group, const ConsumerMember& member, Turn& turn);
  [[nodiscard]] ErrorCode heartbeat_consumer_group(Group& group, const HeartbeatRequest& request, Turn& turn);
  void leave_consumer_group(Group& group, const LeaveRequest& request, LeaveReply& reply, Turn& turn);

  // migration.cpp: one kind of group becomes the other
  [[nodiscard]] Refused check_upgrade(const Group& group) const;
  void upgrade(Group& group, Turn& turn);
  void downgrade(Group& group, Turn& turn);
  void erase_consumer_records(const Group& group, Turn& turn) const;

  // consumer_replay.cpp
  [[nodiscard]] Result<void> replay_consumer(const AnyKey& key, std::optional<ByteView> value);
  void loaded_consumer(Group& group, Now now);

  // tick.cpp
  void fire(const TimerName& timer, Turn& turn);
  void join_timer(Group& group, Turn& turn);
  void sync_timer(Group& group, Turn& turn);
  void session_timer(Group& group, const std::string& member_id, Turn& turn);

  Config config_;
  Coordinator::Totals totals_;
  Groups groups_;
  Timers timers_;
  Awaits awaits_;
  /// Ids handed out, the oldest first: turn → group and member.
  std::map<std::uint64_t, std::pair<std::string, std::string>> pending_;
  std::uint64_t pending_turns_ = 0;
  OffsetKey swept_until_;       ///< where the sweep goes on
  bool sweep_resumes_ = false;  ///< swept_until_ is the middle of a sweep
  TopicsPtr topics_ = no_topics();
  SettingsPtr settings_ = no_settings();
  bool loaded_ = false;
};

}  // namespace millrace::groups
