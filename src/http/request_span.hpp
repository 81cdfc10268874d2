#pragma once
// The span of a request: begun with what it says of its caller's trace, ended with what it was answered. Attributes are
// those of OpenTelemetry's conventions for HTTP servers. Any thread.

#include <optional>
#include <string_view>

#include "message.hpp"
#include "millrace/tracing/tracer.hpp"

namespace millrace::http {

/// The caller's span, of the header fields `traceparent` and `tracestate`. Nothing when there is none, or several.
[[nodiscard]] std::optional<tracing::SpanContext> caller_of(const Request& request);

/// Nothing when the trace is not kept. Else what is done for the request is told as part of it: `request.trace` is set.
/// `route` is a pattern, as in "/v1/topics/{topic}".
[[nodiscard]] std::optional<tracing::Span> begin_span(tracing::Tracer& tracer, Request& request,
                                                      std::string_view route);

void end_span(tracing::Tracer& tracer, tracing::Span span, const Response& response);

}  // namespace millrace::http
