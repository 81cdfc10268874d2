#pragma once
// A place in a partition as people write it, and as the broker is asked for it (docs/http.md). Pure.

#include "client.hpp"

namespace millrace::cli {

/// {"to": "earliest"}, {"shift": -5}, {"offset": 40} or {"time": "2026-05-01T12:00:00Z"} of "earliest", "latest", "-5",
/// "+5", "40", and whatever else, of which the broker says whether it is a time.
[[nodiscard]] Json place_of(const std::string& text);

/// "orders" and "orders:0,2" put {"orders": null} and {"orders": [0, 2]} into `topics`. Errc::invalid.
[[nodiscard]] Result<void> add_partitions(Json& topics, const std::string& text);

}  // namespace millrace::cli
