#pragma once
// What a sink says in header fields, and the rate that it grants. Pure.

#include <optional>
#include <span>
#include <string_view>

#include "millrace/cloudevents/http.hpp"
#include "millrace/push/handshake.hpp"

namespace millrace::push {

/// What a field says.
struct Said {
  bool is_there = false;
  std::string_view value{};  ///< without blanks around it; empty when it comes twice and says two things
};
[[nodiscard]] Said said_in(std::span<const cloudevents::HeaderField> fields, std::string_view name);

/// "*" or a number of at least 1; more than 32 bits can hold are as many as they hold.
[[nodiscard]] std::optional<Rate> rate_of(std::string_view text);

inline constexpr std::string_view allowed_origin_field = "WebHook-Allowed-Origin";
inline constexpr std::string_view allowed_rate_field = "WebHook-Allowed-Rate";

}  // namespace millrace::push
