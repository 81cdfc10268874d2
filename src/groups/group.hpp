#pragma once
// Group: the members of one group, who leads them, which protocols all of them know, what they committed. It keeps
// these consistent and makes no decision: those are Machine's (machine.hpp). Owned by the machine.
//
// Of a consumer group it is the part that both kinds have, the committed offsets; the rest is in `consumer`.
//
// Invariants: a group in Empty has no members, any other state may have; all members have the group's protocol type and
// at least one protocol in common; every instance id names one member; the leader, if any, is a member.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "consumer_group.hpp"
#include "millrace/core/rarely.hpp"
#include "millrace/groups/consumer_protocol.hpp"
#include "millrace/groups/coordinator.hpp"
#include "millrace/groups/group_records.hpp"

namespace millrace::groups {

struct Member {
  std::string id;
  std::optional<std::string> instance_id;  ///< set: a static member
  std::string client_id;
  std::string client_host;
  Milliseconds session_timeout{0};
  Milliseconds rebalance_timeout{0};
  std::vector<Protocol> protocols;    ///< changed only by Group::set_protocols
  Bytes assignment;                   ///< changed only by Group::set_assignment
  std::optional<Ticket> parked_join;  ///< changed only by Group::park_join and take_parked_join
  std::optional<Ticket> parked_sync;
  bool is_new = false;       ///< its first join is not answered yet: it does not know its id, so it cannot heartbeat
  bool owes_sync = false;    ///< got a generation and has not sent SyncGroup
  std::uint64_t joined = 0;  ///< order of arrival

  [[nodiscard]] bool is_static() const { return instance_id.has_value(); }
  [[nodiscard]] bool supports(std::string_view protocol) const;
  /// Empty when it does not know the protocol.
  [[nodiscard]] Bytes metadata_of(const std::optional<std::string>& protocol) const;
  /// What it costs to keep, texts, bytes and bookkeeping.
  [[nodiscard]] std::size_t bytes() const;
};

/// What a committed offset costs to keep.
[[nodiscard]] std::size_t bytes_of(const OffsetValue& value);

/// Partitions, each with the connections over which its offset was asked for since it was reset.
using Withheld = std::map<std::string, std::map<PartitionIndex, std::set<std::string, std::less<>>>, std::less<>>;

[[nodiscard]] NamedPartitions names_of(const Withheld& withheld);

class Group {
 public:
  using Members = std::map<std::string, Member, std::less<>>;
  using Offsets = std::map<std::string, std::map<PartitionIndex, OffsetValue>, std::less<>>;

  /// `totals` are those of its coordinator: the group keeps them up to date, they must outlive it.
  Group(std::string group_id, Timestamp created, Coordinator::Totals& totals);
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;
  ~Group();

  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] GroupType type() const { return consumer ? GroupType::consumer : GroupType::classic; }
  [[nodiscard]] GroupState state() const { return consumer ? consumer->state() : state_; }
  [[nodiscard]] bool is(GroupState state) const { return this->state() == state; }
  void transition_to(GroupState to, Timestamp now);

  [[nodiscard]] const Members& members() const { return roster_->members; }
  [[nodiscard]] Member* member(std::string_view member_id);
  /// The member id behind an instance id; null if there is none.
  [[nodiscard]] const std::string* static_member_id(const std::string& instance_id) const;
  [[nodiscard]] bool is_leader(const Member& member) const { return roster_->leader == member.id; }
  [[nodiscard]] const std::optional<std::string>& leader() const { return roster_->leader; }
  /// Requires: no member of that id or instance id, and the protocols are supported.
  Member& add(Member member, const std::string& protocol_type);
  void remove(const std::string& member_id);
  /// A static member came back: same member, new id. Requires: `from` is a member, `to` is not.
  Member& rename(const std::string& from, const std::string& to);
  void set_protocols(Member& member, std::vector<Protocol> protocols);
  void set_assignment(Member& member, Bytes assignment);

  /// Would a member with this type and these protocols leave one that everybody knows? `instead_of`, if not null, is
  /// the member whose present protocols do not count, because these replace them.
  [[nodiscard]] bool supports(std::string_view type, const std::vector<Protocol>& protocols,
                              const Member* instead_of) const;
  /// Each member votes for the first of its protocols that everybody knows; of the winners, the leader's favourite.
  /// Requires: there are members.
  [[nodiscard]] std::string select_protocol() const;
  [[nodiscard]] Milliseconds rebalance_timeout() const;

  void park_join(Member& member, Ticket ticket);
  [[nodiscard]] std::optional<Ticket> take_parked_join(Member& member);
  [[nodiscard]] std::size_t parked_joins() const { return roster_->parked_joins; }
  [[nodiscard]] bool everybody_joined() const { return parked_joins() == members().size() && pending.empty(); }
  /// Makes the longest-serving member that has joined the leader, unless the present one has. False: nobody has.
  [[nodiscard]] bool elect_joined_leader();
  /// Starts the next generation with the members there are.
  void begin_generation(Timestamp now);

  [[nodiscard]] std::int32_t generation() const { return generation_; }
  [[nodiscard]] const std::optional<std::string>& protocol_type() const { return roster_->protocol_type; }
  [[nodiscard]] const std::optional<std::string>& protocol() const { return roster_->protocol; }
  [[nodiscard]] std::optional<Timestamp> since() const { return since_; }

  [[nodiscard]] const Offsets& offsets() const { return offsets_; }
  [[nodiscard]] const OffsetValue* committed(std::string_view topic, PartitionIndex partition) const;
  void commit(const std::string& topic, PartitionIndex partition, OffsetValue value);
  void uncommit(std::string_view topic, PartitionIndex partition);
  /// Topics that somebody reads now; unset when it cannot be known.
  [[nodiscard]] std::optional<std::set<std::string, std::less<>>> subscribed_topics() const;

  [[nodiscard]] GroupValue to_record() const;
  /// Becomes what the record says: Stable with its members, or Empty. The record has been checked (replay.cpp).
  void load(const GroupValue& record);

  /// Partitions that nobody is assigned until all members have given them up, for a reset moved their offsets.
  /// Meanwhile what is committed for them is dropped (reset.cpp). In the log their offsets have the epoch reset_epoch.
  Withheld withheld;
  [[nodiscard]] bool withholds(std::string_view topic, PartitionIndex partition) const;
  /// Has whoever uses this connection asked for the offset since it was moved?
  [[nodiscard]] bool knows_reset(std::string_view topic, PartitionIndex partition, const std::string& connection) const;
  void has_asked(std::string_view topic, PartitionIndex partition, const std::string& connection);
  bool was_withheld = false;  ///< of a classic group: all members got an assignment without them

  /// Set: this is a consumer group (KIP-848), and what is here of a classic one is as in Empty.
  std::unique_ptr<ConsumerGroup> consumer;
  std::map<std::string, std::uint64_t, std::less<>> pending;  ///< ids handed out, by Machine, with their turn
  bool is_initial_rebalance = false;                          ///< the one out of Empty, which waits for more members
  bool joined_during_delay = false;                           ///< since the initial delay was last set
  Instant initial_delay_end{};                                ///< it is not extended beyond

 private:
  /// The members, and what follows from them. Of the groups that there are most have none, and commit offsets only.
  struct Roster {
    std::optional<std::string> protocol_type{};
    std::optional<std::string> protocol{};
    std::optional<std::string> leader{};
    Members members{};
    std::map<std::string, std::string, std::less<>> static_members{};  ///< instance id → member id
    std::map<std::string, std::size_t, std::less<>> supporters{};      ///< protocol → members that know it
    std::size_t parked_joins = 0;
    std::uint64_t arrivals = 0;
  };
  void charge(const Member& member);
  void discharge(const Member& member);

  std::string id_;
  Coordinator::Totals& totals_;
  GroupState state_ = GroupState::empty;
  std::optional<Timestamp> since_;  ///< wall time of the last change of state
  std::int32_t generation_ = 0;
  Rarely<Roster> roster_;
  Offsets offsets_;
};

}  // namespace millrace::groups
