#pragma once
// What is told in a trace of events that were appended or read: a span for each batch of a partition, and one for each
// answer that tells events, linked to the spans that have made the events. An event's own traceparent is its maker's
// and stays as it is. Any thread.

#include <span>

#include "api.hpp"
#include "event_scan.hpp"
#include "millrace/tracing/tracer.hpp"

namespace millrace::http::routes {

struct AppendedEvents {
  const std::string& topic;
  PartitionIndex partition = 0;
  std::vector<const cloudevents::Event*> events;
  const runtime::ProducePartAnswer* answer = nullptr;  ///< null: it did not come in time
};
/// And what became of those that were put aside.
void tell_append(tracing::Tracer& tracer, const RequestTrace& trace, tracing::UnixNanoseconds began,
                 const AppendedEvents& appended);

/// A hand-out to who asks for the events of a subscription.
struct HandOutOf {
  const std::string& subscription;
  std::uint16_t attempt = 1;  ///< the highest of its events'
};
/// Null: to a reader of a topic. Requires: there are events.
void tell_delivery(tracing::Tracer& tracer, const RequestTrace& trace, tracing::UnixNanoseconds began,
                   const std::string& topic, std::span<const ReadEvent> events, const HandOutOf* handed_out = nullptr);

}  // namespace millrace::http::routes
