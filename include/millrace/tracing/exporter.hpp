#pragma once
// Sends spans to a collector: OTLP over plain HTTP, protobuf, one request in flight, on a thread of its own.
//
// Owned by app, and outlives everybody who uses its tracer. A collector that is slow, refuses or is not there costs
// nobody but the spans that do not fit into the queue meanwhile. start() never waits for it; stop() waits for a moment.
// Its name is looked up for each connection anew; the destructor waits for a lookup that is under way.

#include <memory>
#include <string>

#include "millrace/core/random.hpp"
#include "millrace/core/time.hpp"
#include "millrace/tracing/endpoint.hpp"
#include "millrace/tracing/tracer.hpp"

namespace spdlog {
class logger;
}

namespace millrace::metrics {
class Exposition;
}

namespace millrace::tracing {

struct ExporterOptions {
  CollectorUrl collector;
  double sample_ratio = 1.0;
  std::string version;                          ///< of the program
  std::string instance_id;                      ///< of this broker among all there are
  std::size_t queue_spans = 8'192;              ///< that wait at most …
  std::size_t queue_bytes = 8 * 1'024 * 1'024;  ///< … and their bytes
  std::size_t batch_spans = 512;                ///< of one request …
  std::size_t batch_bytes = 1 * 1'024 * 1'024;  ///< … and their bytes; collectors take 4 MiB and more
  Milliseconds interval{1'000};                 ///< for which a span waits for others
  Milliseconds request_timeout{10'000};         ///< from the connection to the whole answer
};

class Exporter {
 public:
  /// `random` is asked on the exporter's thread too.
  Exporter(ExporterOptions options, Random& random, Tracer::Clock clock, std::shared_ptr<spdlog::logger> diagnostics);
  ~Exporter();
  Exporter(const Exporter&) = delete;
  Exporter& operator=(const Exporter&) = delete;

  [[nodiscard]] Tracer& tracer();
  void start();
  /// Sends what waits, and takes at most `limit` for it, and as long again to end. What ends later is dropped.
  void stop(Milliseconds limit);

 private:
  friend void collect(const Exporter* exporter, metrics::Exposition& into);
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// What became of spans; zeros for null. Any thread.
void collect(const Exporter* exporter, metrics::Exposition& into);

}  // namespace millrace::tracing
