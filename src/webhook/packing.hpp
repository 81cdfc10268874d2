#pragma once
// Events as the request that goes out by the terms of a subscription. Pure.

#include <span>
#include <string>
#include <string_view>

#include "terms.hpp"

namespace millrace::webhook {

struct Packed {
  sender::Outgoing out;
  std::size_t taken = 1;  ///< events, from the front
};

/// `id` is the subscription's. Without batches it is the first event alone. Requires: events is not empty.
[[nodiscard]] Packed pack(const Terms& terms, const Options& options, std::string_view id,
                          std::span<const push::Outgoing> events, std::string_view traceparent);

}  // namespace millrace::webhook
