#include "millrace/tracing/exporter.hpp"

#include <spdlog/logger.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "collector_client.hpp"
#include "counts.hpp"
#include "millrace/core/escaped.hpp"
#include "millrace/metrics/exposition.hpp"
#include "millrace/runtime/io_threads.hpp"
#include "millrace/runtime/task_group.hpp"
#include "otlp.hpp"
#include "span_queue.hpp"

namespace millrace::tracing {

namespace asio = boost::asio;
using boost::system::error_code;
using SteadyClock = std::chrono::steady_clock;

namespace {

constexpr asio::use_awaitable_t<runtime::Executor> awaiting{};

Milliseconds since(SteadyClock::time_point began) {
  return std::chrono::duration_cast<Milliseconds>(SteadyClock::now() - began);
}

}  // namespace

struct Exporter::Impl {
  using Batch = std::vector<std::string>;

  Impl(ExporterOptions given, Random& random, Tracer::Clock clock, std::shared_ptr<spdlog::logger> logger)
      : options(std::move(given)),
        resource(encode_resource({.service_version = options.version, .instance_id = options.instance_id})),
        diagnostics(std::move(logger)),
        queue(options.queue_spans, options.queue_bytes),
        tracer(options.sample_ratio, random, std::move(clock), queue, counts, options.batch_spans,
               [this] { asio::post(executor(), [this] { pause.cancel(); }); }),
        backoff(random),
        threads(1, [said = diagnostics](
                       std::string_view what) { said->error("exporter ended by exception what=\"{}\"", what); }),
        tasks([said = diagnostics](std::string_view what) {
          said->error("exporter ended by exception what=\"{}\"", what);
        }),
        client(executor(), options.collector, "millrace/" + options.version),
        pause(executor()),
        last_call(executor()) {}

  [[nodiscard]] runtime::Executor executor() { return threads.at(0).get_executor(); }

  static runtime::Task<> run(Impl& self);
  static runtime::Task<> deliver(Impl& self, Batch batch);
  runtime::Task<> wait(Milliseconds time);
  void taken(std::size_t spans, const std::string& body);
  void failed(const CollectorClient::Answer& answer);
  void begin_to_stop(Milliseconds limit);

  const ExporterOptions options;
  const std::string resource;
  std::shared_ptr<spdlog::logger> diagnostics;
  Counts counts;
  SpanQueue queue;
  Tracer tracer;
  // The thread's.
  Backoff backoff;
  bool is_stopping = false;
  bool is_cut_off = false;  ///< what was left of the time to stop is over
  bool is_failing = false;  ///< and it was said
  runtime::IoThreads threads;
  runtime::TaskGroup tasks;
  CollectorClient client;
  runtime::Timer pause;      ///< cut short when there is a batch, and by the end
  runtime::Timer last_call;  ///< of the time to stop
};

runtime::Task<> Exporter::Impl::wait(Milliseconds time) {
  pause.expires_after(time);
  error_code woken;
  auto token = asio::redirect_error(awaiting, woken);
  co_await pause.async_wait(token);
}

runtime::Task<> Exporter::Impl::run(Impl& self) {
  while (!self.is_cut_off) {
    if (!self.is_stopping && self.queue.size() < self.options.batch_spans) co_await self.wait(self.options.interval);
    auto batch = self.queue.take(self.options.batch_spans, self.options.batch_bytes);
    if (!batch.empty()) {
      co_await deliver(self, std::move(batch));
    } else if (self.is_stopping) {
      break;
    }
  }
  self.last_call.cancel();
}

/// One batch, until it is taken or given up.
runtime::Task<> Exporter::Impl::deliver(Impl& self, Batch batch) {
  const auto count = batch.size();
  const auto body = encode_request(self.resource, self.options.version, batch);
  batch.clear();
  const auto began = SteadyClock::now();
  while (true) {
    const auto answer = co_await self.client.post(body, self.options.request_timeout);
    const auto fate = fate_of(answer.told);
    if (fate == Fate::taken) {
      self.taken(count, answer.body);
      co_return;
    }
    self.failed(answer);
    if (fate == Fate::refused) {
      self.counts.refused.add(count);
      co_return;
    }
    if (self.is_stopping) break;
    const auto next = self.backoff.pause(answer.told, since(began));
    if (!next) {
      self.counts.given_up.add(count);
      co_return;
    }
    const auto again = SteadyClock::now() + *next;
    // A full batch wakes whoever waits for one, which is not who waits here.
    while (!self.is_stopping && SteadyClock::now() < again) {
      const auto left = std::chrono::ceil<Milliseconds>(again - SteadyClock::now());
      co_await self.wait(left);
    }
  }
  self.counts.stopped.add(count);
}

void Exporter::Impl::taken(std::size_t spans, const std::string& body) {
  backoff.reset();
  if (std::exchange(is_failing, false))
    diagnostics->info("spans are taken again by={}", options.collector.at.to_string());
  const auto partial = read_response(body).value_or(PartialSuccess{});
  const auto rejected =
      static_cast<std::size_t>(std::clamp<std::int64_t>(partial.rejected_spans, 0, static_cast<std::int64_t>(spans)));
  counts.exported.add(spans - rejected);
  counts.rejected.add(rejected);
  if (rejected > 0) diagnostics->debug("spans rejected count={} why=\"{}\"", rejected, escaped(partial.message));
}

/// Said once, until it is over; the metrics say how often.
void Exporter::Impl::failed(const CollectorClient::Answer& answer) {
  counts.failed_exports.add();
  if (std::exchange(is_failing, true)) return;
  diagnostics->warn("spans are not taken by={} why=\"{}\"", options.collector.at.to_string(), escaped(answer.why));
}

void Exporter::Impl::begin_to_stop(Milliseconds limit) {
  is_stopping = true;
  pause.cancel();
  last_call.expires_after(limit);
  last_call.async_wait([this](const error_code& error) {
    if (error) return;
    is_cut_off = true;
    client.cancel();
  });
}

Exporter::Exporter(ExporterOptions options, Random& random, Tracer::Clock clock,
                   std::shared_ptr<spdlog::logger> diagnostics)
    : impl_(std::make_unique<Impl>(std::move(options), random, std::move(clock), std::move(diagnostics))) {}

/// Whoever was not stopped ends as it is.
Exporter::~Exporter() { static_cast<void>(impl_->threads.finish(Milliseconds(0))); }

Tracer& Exporter::tracer() { return impl_->tracer; }

void Exporter::start() {
  impl_->tasks.spawn(impl_->executor(), Impl::run(*impl_));
  impl_->threads.start();
}

void Exporter::stop(Milliseconds limit) {
  asio::post(impl_->executor(), [impl = impl_.get(), limit] { impl->begin_to_stop(limit); });
  static_cast<void>(impl_->threads.finish(2 * limit));
  const auto left = impl_->queue.size();
  impl_->counts.stopped.add(left);
  const auto dropped = impl_->counts.stopped.value();
  if (dropped > 0) impl_->diagnostics->warn("spans were dropped, for the broker stops count={}", dropped);
}

void collect(const Exporter* exporter, metrics::Exposition& into) {
  static const Counts none{};
  const auto& counts = exporter != nullptr ? exporter->impl_->counts : none;
  into.add("millrace_tracing_spans_exported_total", counts.exported.value());
  const std::pair<const char*, const Counter&> dropped[] = {{"queue_full", counts.queue_full},
                                                            {"rejected", counts.rejected},
                                                            {"refused", counts.refused},
                                                            {"given_up", counts.given_up},
                                                            {"stopped", counts.stopped}};
  for (const auto& [reason, count] : dropped) {
    into.add("millrace_tracing_spans_dropped_total", count.value(), {reason});
  }
  into.add("millrace_tracing_exports_failed_total", counts.failed_exports.value());
  into.add("millrace_memory_used_bytes", exporter != nullptr ? exporter->impl_->queue.bytes() : 0U, {"spans"});
  into.add("millrace_memory_limit_bytes", exporter != nullptr ? exporter->impl_->queue.bytes_max() : 0U, {"spans"});
}

}  // namespace millrace::tracing
