#include <array>

#include "millrace/dispatch/dispatcher.hpp"

namespace millrace::dispatch {

std::string_view name_of(State state) noexcept {
  constexpr std::array<std::string_view, 3> names{"active", "pending-validation", "suspended"};
  return names[static_cast<std::size_t>(state)];
}

std::string group_of(std::string_view id) { return "ce-sub-" + std::string(id); }

}  // namespace millrace::dispatch
