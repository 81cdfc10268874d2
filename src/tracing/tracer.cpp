#include "millrace/tracing/tracer.hpp"

#include <atomic>

#include "counts.hpp"
#include "id_source.hpp"
#include "otlp.hpp"
#include "sampling.hpp"
#include "span_queue.hpp"

namespace millrace::tracing {

struct Tracer::Impl {
  Impl(double ratio, Random& random, SpanQueue& spans, Counts& counted, std::size_t batch, std::function<void()> told)
      : threshold(threshold_of(ratio)),
        ids(random),
        queue(spans),
        counts(counted),
        batch_spans(batch),
        on_batch(std::move(told)) {}

  std::atomic<std::uint64_t> threshold;
  IdSource ids;
  SpanQueue& queue;
  Counts& counts;
  const std::size_t batch_spans;
  const std::function<void()> on_batch;
};

Tracer::Tracer(double ratio, Random& random, Clock clock, SpanQueue& queue, Counts& counts, std::size_t batch_spans,
               std::function<void()> on_batch)
    : impl_(std::make_unique<Impl>(ratio, random, queue, counts, batch_spans, std::move(on_batch))),
      clock_(std::move(clock)) {}

Tracer::~Tracer() = default;

void Tracer::set_ratio(double ratio) { impl_->threshold.store(threshold_of(ratio), std::memory_order_relaxed); }

std::optional<Span> Tracer::begin(SpanKind kind, std::string name, const std::optional<SpanContext>& caller) {
  const auto trace = caller ? caller->trace : impl_->ids.trace();
  if (!is_kept(caller, trace, impl_->threshold.load(std::memory_order_relaxed))) return std::nullopt;
  Span span;
  span.context = {.trace = trace, .span = impl_->ids.span(), .flags = sampled_flag | random_flag};
  if (caller) {
    span.context.flags = caller->flags;
    span.context.state = caller->state;
    span.parent = caller->span;
    span.has_remote_parent = true;
  }
  span.kind = kind;
  span.name = std::move(name);
  span.start = now();
  return span;
}

Span Tracer::begin_part(const SpanContext& of, std::string name) {
  Span span;
  span.context = of;
  span.context.span = impl_->ids.span();
  span.parent = of.span;
  span.name = std::move(name);
  span.start = now();
  return span;
}

Span Tracer::begin_kept(std::string name) {
  Span span;
  span.context = {.trace = impl_->ids.trace(), .span = impl_->ids.span(), .flags = sampled_flag | random_flag};
  span.name = std::move(name);
  span.start = now();
  return span;
}

void Tracer::end(Span span) {
  if (span.end == 0) span.end = now();
  // A look before the work: a full queue costs nothing but the count.
  const auto waiting = impl_->queue.is_full() ? 0 : impl_->queue.push(encode_span(span));
  if (waiting == 0) impl_->counts.queue_full.add();
  if (waiting == impl_->batch_spans) impl_->on_batch();
}

}  // namespace millrace::tracing
