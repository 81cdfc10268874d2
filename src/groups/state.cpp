#include "millrace/groups/state.hpp"

#include "millrace/groups/messages.hpp"

namespace millrace::groups {

std::string_view name_of(GroupState state) noexcept {
  switch (state) {
    case GroupState::empty: return "Empty";
    case GroupState::preparing_rebalance: return "PreparingRebalance";
    case GroupState::completing_rebalance: return "CompletingRebalance";
    case GroupState::stable: return "Stable";
    case GroupState::dead: return "Dead";
    case GroupState::assigning: return "Assigning";
    case GroupState::reconciling: return "Reconciling";
  }
  return "Dead";
}

std::string_view name_of(GroupType type) noexcept { return type == GroupType::classic ? "classic" : "consumer"; }

bool is_allowed_transition(GroupState from, GroupState to) noexcept {
  using enum GroupState;
  switch (to) {
    case empty: return from == preparing_rebalance;
    case preparing_rebalance: return from == empty || from == completing_rebalance || from == stable;
    case completing_rebalance: return from == preparing_rebalance;
    case stable: return from == completing_rebalance;
    case dead: return from == empty;
    case assigning:
    case reconciling: return false;
  }
  return false;
}

}  // namespace millrace::groups
