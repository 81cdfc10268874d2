#pragma once
// The states of a group, what each request is answered in each of them, and which event leads where. Checks that come
// first in every state (ids, instance ids, generation) are in docs/groups.md. "Park" is: answer later, by ticket.
//
//   Empty                no members; only committed offsets, or an id handed out that nobody used yet.
//     join                 new member → PreparingRebalance, park until the initial delay is over
//     sync, heartbeat      UNKNOWN_MEMBER_ID          leave   done for a pending id, else UNKNOWN_MEMBER_ID
//     commit               accepted without a generation, else UNKNOWN_MEMBER_ID
//     sweep                offsets past retention go; without offsets → Dead
//
//   PreparingRebalance   members are being collected.
//     join                 park                       sync    REBALANCE_IN_PROGRESS
//     heartbeat            REBALANCE_IN_PROGRESS      leave   done      commit  accepted with the old generation
//     all joined, or the join timer → CompletingRebalance; nobody left → Empty
//
//   CompletingRebalance  joins are answered, the leader is thinking.
//     join                 same metadata: the same answer again; otherwise → PreparingRebalance, park
//     sync                 follower: park; leader: record and answer all → Stable
//     heartbeat            accepted                   leave   done → PreparingRebalance
//     commit               REBALANCE_IN_PROGRESS      a member times out → PreparingRebalance
//
//   Stable               everybody has, or may fetch, an assignment.
//     join                 unchanged follower, or static member come back unchanged: answer now;
//                          new member, leader, or changed metadata → PreparingRebalance, park
//     sync                 the stored assignment      heartbeat  accepted      commit  accepted
//     leave                done → PreparingRebalance  a member times out → PreparingRebalance
//
// A consumer group (KIP-848) has states of its own. Its members send nothing but heartbeats, each of which is answered
// at once (consumer_heartbeat.cpp); what state it is in follows from its epochs.
//
//   Empty                no members
//   Assigning            somebody came, went, or reads something else, and the assignor has not run since
//   Reconciling          a member does not have yet what it is to have, or still has more
//   Stable               everybody has what it is to have
//
//   Dead                 removed; described for a group that does not exist. Nothing is kept in this state.

#include <cstdint>
#include <string_view>

namespace millrace::groups {

enum class GroupState : std::uint8_t {
  empty,
  preparing_rebalance,
  completing_rebalance,
  stable,
  dead,
  assigning,  ///< of consumer groups only, as is reconciling
  reconciling,
};

/// The wire's spelling, as in "PreparingRebalance".
[[nodiscard]] std::string_view name_of(GroupState state) noexcept;

/// Of classic groups.
[[nodiscard]] bool is_allowed_transition(GroupState from, GroupState to) noexcept;

}  // namespace millrace::groups
