#pragma once
// How a config comes by what its owner has not said (defaults.hpp).

#include <cstdint>

#include "millrace/subscriptions/defaults.hpp"

namespace millrace::subscriptions {

/// Of the keys that are own now and were not before: those that have the value that they had.
[[nodiscard]] std::uint32_t said_as_inherited(const Config& said, const Config& before);

/// Each key that is not own gets what the topic's defaults say, or the cluster's. Requires: those that they do not name
/// have Config's own value.
void fill_in(Config& config, Protocol protocol, const Inheritance& inheritance);

}  // namespace millrace::subscriptions
