#pragma once
// What was handed out of a pull subscription, told: each event with its lock, for those who ask over HTTP and those who
// have a WebSocket. What cannot be told goes back at once; what the log does not have any more is settled.

#include <optional>
#include <string>
#include <vector>

#include "api.hpp"
#include "event_scan.hpp"

namespace millrace::http::routes {

using Locks = std::vector<runtime::DeliveryLock>;

/// What was handed out, and what there is to say of it.
struct Hand {
  std::string body{};  ///< {"events": […]}; empty: nothing
  Locks locks{};       ///< of what is in `body`
  /// What is in `body`, when somebody traces it: handed out for the first time, and again; the attempts of these.
  std::vector<ReadEvent> first{}, again{};
  std::uint16_t attempt = 1;
  Locks unfit{};
  Locks unreadable{};
  Locks gone{};
};

/// Without a name everybody is somebody else.
[[nodiscard]] delivery::ConsumerId consumer_of(const Context& context, const std::optional<std::string>& name);

/// Tells as many as fit into `room` bytes; the first always is. All others are given back, or settled, by then.
/// `traced`: the request that asked, if its spans are wanted.
[[nodiscard]] runtime::Task<Hand> hand_over(const Context& context, dispatch::SubscriptionPtr subscription,
                                            runtime::Received received, Timestamp locked_until, std::size_t room,
                                            std::optional<RequestTrace> traced);

/// Without a failure.
void give_back(const Context& context, const std::string& id, const Locks& locks, Milliseconds pause);

}  // namespace millrace::http::routes
