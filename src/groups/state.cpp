#include "millrace/groups/state.hpp"

namespace millrace::groups {

std::string_view name_of(GroupState state) noexcept {
  switch (state) {
    case GroupState::empty: return "Empty";
    case GroupState::preparing_rebalance: return "PreparingRebalance";
    case GroupState::completing_rebalance: return "CompletingRebalance";
    case GroupState::stable: return "Stable";
    case GroupState::dead: return "Dead";
  }
  return "Dead";
}

bool is_allowed_transition(GroupState from, GroupState to) noexcept {
  using enum GroupState;
  switch (to) {
    case empty: return from == preparing_rebalance;
    case preparing_rebalance: return from == empty || from == completing_rebalance || from == stable;
    case completing_rebalance: return from == preparing_rebalance;
    case stable: return from == completing_rebalance;
    case dead: return from == empty;
  }
  return false;
}

}  // namespace millrace::groups
