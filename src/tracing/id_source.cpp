#include "id_source.hpp"

#include "millrace/core/bytes.hpp"

namespace millrace::tracing {

std::uint64_t IdSource::next() {
  constexpr std::uint64_t step = 0x9e3779b97f4a7c15;
  auto mixed = state_.fetch_add(step, std::memory_order_relaxed) + step;
  mixed = (mixed ^ mixed >> 30U) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ mixed >> 27U) * 0x94d049bb133111eb;
  return mixed ^ mixed >> 31U;
}

TraceId IdSource::trace() {
  TraceId id;
  while (id == TraceId{}) {
    store_be(id.bytes.data(), next());
    store_be(id.bytes.data() + sizeof(std::uint64_t), next());
  }
  return id;
}

SpanId IdSource::span() {
  SpanId id;
  while (id == SpanId{}) store_be(id.bytes.data(), next());
  return id;
}

}  // namespace millrace::tracing
