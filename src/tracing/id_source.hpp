#pragma once
// Ids of traces and spans: chance from one seed, without a lock and without asking the system each time (SplitMix64;
// Steele, Lea, Flood 2014). They need not be secret, only different. Shared: any thread.

#include <atomic>

#include "millrace/core/random.hpp"
#include "millrace/tracing/context.hpp"

namespace millrace::tracing {

class IdSource {
 public:
  explicit IdSource(Random& random) : state_(random.next()) {}

  [[nodiscard]] TraceId trace();
  [[nodiscard]] SpanId span();

 private:
  [[nodiscard]] std::uint64_t next();

  std::atomic<std::uint64_t> state_;
};

}  // namespace millrace::tracing
