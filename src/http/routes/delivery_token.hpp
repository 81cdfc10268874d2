#pragma once
// By what an event in hand is settled: a token of delivery, for readers one word; and who has it in hand. Pure.
//
//   partition "." offset "." hand-out "." hand-out       to the base of 36; the latter in two halves

#include <optional>
#include <string>
#include <string_view>

#include "millrace/runtime/delivery_runtime.hpp"

namespace millrace::http::routes {

[[nodiscard]] std::string token_of(const runtime::DeliveryLock& lock);
/// Nothing when it is none.
[[nodiscard]] std::optional<runtime::DeliveryLock> parse_token(std::string_view text);

/// Errc::invalid: no name, or one that is too long.
[[nodiscard]] Result<void> check_consumer(std::string_view name);
[[nodiscard]] delivery::ConsumerId consumer_named(std::string_view name);

}  // namespace millrace::http::routes
