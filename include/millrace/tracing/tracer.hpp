#pragma once
// Where spans begin and end. Whoever has something to tell holds a pointer to the one tracer, which is null when nobody
// wants traces: then it costs one look at the pointer.
//
//   if (context.tracer) span = context.tracer->begin(SpanKind::server, "GET /v1/topics", caller);
//   …
//   if (span) context.tracer->end(std::move(*span));
//
// Shared: any thread. Nothing here waits: a span that has ended becomes bytes in a bounded queue, or is dropped and
// counted. Who sends them is exporter.hpp.

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "millrace/core/random.hpp"
#include "millrace/tracing/span.hpp"

namespace millrace::tracing {

class SpanQueue;
struct Counts;

class Tracer {
 public:
  using Clock = std::function<UnixNanoseconds()>;

  /// `ratio` of the traces that begin here are kept; `on_batch` is told when the queue has come to `batch_spans`, on
  /// the thread that has ended a span. Queue and counts must outlive the tracer; `random` is asked now and not again.
  Tracer(double ratio, Random& random, Clock clock, SpanQueue& queue, Counts& counts, std::size_t batch_spans,
         std::function<void()> on_batch);
  ~Tracer();
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;

  /// Any thread, at any time.
  void set_ratio(double ratio);

  [[nodiscard]] UnixNanoseconds now() const { return clock_(); }

  /// The first span of a trace, or the first of ours in the trace of a caller. Nothing when the trace is not kept.
  [[nodiscard]] std::optional<Span> begin(SpanKind kind, std::string name, const std::optional<SpanContext>& caller);
  /// A part of a span of ours. Requires: that one is kept.
  [[nodiscard]] Span begin_part(const SpanContext& of, std::string name);
  /// The first span of a trace that is kept, because of what it is linked to.
  [[nodiscard]] Span begin_kept(std::string name);
  /// It ends now, unless it has ended before.
  void end(Span span);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  Clock clock_;
};

}  // namespace millrace::tracing
