#pragma once
// Spans in OTLP, the protobuf that collectors take (opentelemetry-proto 1.x, trace/v1). Pure.
//
//   ExportTraceServiceRequest
//   └ ResourceSpans          one: who we are
//     └ ScopeSpans           one
//       └ Span …             each made when it ends, so that what waits to be sent is of a known size

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "millrace/tracing/span.hpp"

namespace millrace::tracing {

/// Who tells of its spans.
struct Resource {
  std::string service_version;
  std::string instance_id;  ///< of this broker among all there are
};

/// A Span message. Texts that are not UTF-8 are escaped, and none is longer than attribute_bytes_max, "…" included.
[[nodiscard]] std::string encode_span(const Span& span);

/// A Resource message.
[[nodiscard]] std::string encode_resource(const Resource& resource);

/// The request that holds `spans`, each as encode_span() made it.
[[nodiscard]] std::string encode_request(std::string_view resource, std::string_view version,
                                         std::span<const std::string> spans);

/// What a collector says to a request that it has taken, in part at least.
struct PartialSuccess {
  std::int64_t rejected_spans = 0;
  std::string message;
};
/// Nothing when the bytes are no ExportTraceServiceResponse.
[[nodiscard]] std::optional<PartialSuccess> read_response(std::string_view body);

}  // namespace millrace::tracing
