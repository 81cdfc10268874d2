#pragma once
// What is told in a trace of a request to a sink: a span for each, linked to the spans that have made its events. An
// event's own traceparent is its maker's and stays as it is. Any thread.

#include <optional>
#include <span>
#include <string>

#include "millrace/sender/sender.hpp"
#include "millrace/tracing/tracer.hpp"
#include "reading.hpp"
#include "terms.hpp"

namespace millrace::webhook {

/// Of a request that may have these events. Nothing when nobody keeps it.
[[nodiscard]] std::optional<tracing::Span> begin_delivery(tracing::Tracer* tracer, const std::string& id,
                                                          const Terms& terms, std::span<const InHand> events);
/// That the request has these: it is a retry when one of them has failed before. Requires: there are some.
void tell_events(tracing::Span& span, const Terms& terms, std::span<const InHand> events);
void end_delivery(tracing::Tracer& tracer, tracing::Span span, const sender::Outcome& outcome);

}  // namespace millrace::webhook
