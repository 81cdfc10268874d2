#pragma once
// Subscriptions and their states in JSON, without secrets, and what is wrong with those that are not taken.

#include <string>

#include "api.hpp"
#include "json.hpp"
#include "problem.hpp"

namespace millrace::http::routes {

/// `status` in it is null where there is none yet. Looks into each partition; `with_partitions` tells of them, too.
[[nodiscard]] Json json_of(const dispatch::View& view, const dispatch::Dispatcher& dispatcher, bool with_partitions);

[[nodiscard]] Problem problem_of(const dispatch::Refusal& refusal);

[[nodiscard]] Problem no_subscription(const std::string& id);

/// The subscription that events are asked for; a problem when there is none, or when it has a sink.
[[nodiscard]] tl::expected<dispatch::View, Problem> find_pull(const Context& context, const std::string& id);

/// Of delivery, that cannot be asked now.
[[nodiscard]] Problem no_delivery(ErrorCode error);

}  // namespace millrace::http::routes
