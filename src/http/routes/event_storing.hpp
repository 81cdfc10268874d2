#pragma once
// Events → records → the logs of their partitions: what the routes for publishers have in common.

#include "api.hpp"
#include "event_answers.hpp"
#include "millrace/runtime/topology.hpp"

namespace millrace::http::routes {

struct StoredEvents {
  std::vector<EventRecord> records;
  std::vector<Stored> stored;        ///< of each event
  std::optional<Problem> problem{};  ///< then nothing is stored, or nobody knows: its outcome says which
};

/// Events of one partition are stored in their order. `input` must live until the answer.
[[nodiscard]] runtime::Task<StoredEvents> store_events(const Context& context, runtime::HostedTopicPtr topic,
                                                       const EventInput& input, PublishWish wish);

}  // namespace millrace::http::routes
