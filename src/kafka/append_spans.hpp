#pragma once
// Traces of what Kafka's producers send: a span for each batch whose records say whose trace they belong to, and that
// the trace is kept. Producers that are traced write `traceparent` into a record's headers; a CloudEvent has its own in
// `ce_traceparent`. The records stay as they are.
//
// Looking costs what is looked at, so that is bounded: the first records of a batch, small batches where they are
// compressed. Any thread; owned by the request.

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "millrace/core/limits.hpp"
#include "millrace/runtime/requests.hpp"
#include "millrace/tracing/tracer.hpp"

namespace millrace::kafka {

inline constexpr std::size_t traced_records_max = 256;  ///< that are looked at in one batch …
inline constexpr std::size_t traced_batches_max = 64;   ///< … and batches, in one request
/// Inflated, a compressed batch must not be larger to be looked at: it is inflated for that alone.
inline constexpr std::size_t traced_inflated_bytes_max = 256 * limits::KiB;

class AppendSpans {
 public:
  /// Looks at the batches of a request, before they are given away; null when no trace of them is kept.
  [[nodiscard]] static std::unique_ptr<AppendSpans> of(tracing::Tracer& tracer, const runtime::Topology& topology,
                                                       const runtime::ProduceRequest& request,
                                                       const std::string& client_id);

  /// What came of them, in the order of the request.
  void end(tracing::Tracer& tracer, const std::vector<runtime::ProducePartAnswer>& answers);

 private:
  struct Begun {
    std::size_t part = 0;
    tracing::Span span;
    std::string topic{};
    std::vector<std::pair<std::int32_t, tracing::SpanContext>> makers{};  ///< by the index of their record
  };
  [[nodiscard]] static std::optional<Begun> look_at(tracing::Tracer& tracer, ByteView batch);
  /// Of those that were put aside.
  static void end_aside(tracing::Tracer& tracer, const Begun& begun, const runtime::ProducePartAnswer& answer);
  explicit AppendSpans(std::vector<Begun> begun) : begun_(std::move(begun)) {}

  std::vector<Begun> begun_;
};

}  // namespace millrace::kafka
