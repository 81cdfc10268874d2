#pragma once
// What a config of a subscription and defaults (defaults.hpp) have in common, and how one comes by the other.

#include <cstdint>

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "millrace/subscriptions/defaults.hpp"

namespace millrace::subscriptions {

/// Of the keys that are own now and were not before: those that have the value that they had.
[[nodiscard]] std::uint32_t said_as_inherited(const Config& said, const Config& before);

/// Each key that is not own gets what the topic's defaults say, or the cluster's. Requires: those that they do not name
/// have Config's own value.
void fill_in(Config& config, Protocol protocol, const Inheritance& inheritance);

/// What the rules say of the values of config together; none: they obey. Pointers are into config: "/backoffcap".
[[nodiscard]] Faults clashes_in(const Subscription& subscription);

/// A value as config has it, 10 as "10"; nothing for what is no string, number or boolean.
[[nodiscard]] std::optional<std::string> scalar_text(const nlohmann::json& value);
inline constexpr std::string_view must_be_scalar = " must be a string, a number or a boolean";

}  // namespace millrace::subscriptions
