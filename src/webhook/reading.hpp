#pragma once
// Acquired offsets → the events that lie there. Reads files and inflates, so not for network threads.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/cloudevents/event.hpp"
#include "millrace/runtime/delivery_runtime.hpp"
#include "shared.hpp"

namespace millrace::webhook {

/// An event in hand, with what is sent of it.
struct InHand {
  runtime::DeliveryLock lock;
  std::uint16_t attempt = 1;
  bool is_redriven = false;
  cloudevents::Event event{};  ///< a record that is none is told as one, as to every reader
  std::string stored_json{};   ///< the event as it is stored, if that is JSON
};

struct Reading {
  std::vector<InHand> events;                     ///< in the order in which they were received
  std::vector<runtime::DeliveryLock> gone;        ///< no log has them any more
  std::vector<runtime::DeliveryLock> unreadable;  ///< now
  std::vector<runtime::DeliveryLock> left;        ///< beyond the bytes that are held at once
};

/// Of one subscription's sink at once; the first event may have more.
inline constexpr std::size_t bytes_in_hand_max = 4 * limits::MiB;

[[nodiscard]] Reading read(const WebHooks::Shared& shared, const std::string& id, const std::string& topic,
                           const std::vector<runtime::Delivered>& received);

}  // namespace millrace::webhook
