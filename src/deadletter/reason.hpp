#pragma once
// Delivery's reasons by their names. Pure.

#include <cstdint>
#include <string_view>

#include "millrace/delivery/event.hpp"

namespace millrace::deadletter {

/// Reason::none for a text that is no name of one.
[[nodiscard]] inline delivery::Reason reason_of(std::string_view name) noexcept {
  for (std::int8_t at = 0; at <= delivery::newest_reason; ++at) {
    const auto reason = static_cast<delivery::Reason>(at);
    if (delivery::name_of(reason) == name) return reason;
  }
  return delivery::Reason::none;
}

}  // namespace millrace::deadletter
