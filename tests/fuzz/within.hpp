#pragma once
// What every fuzz target demands beside not crashing: a peak of heap that is in proportion to its input.

#include <cstdio>
#include <cstdlib>

#include "heap_watch.hpp"

namespace millrace::testing {

/// Aborts when more than 4 × input + 64 KiB were held, and a little for the sentence of a refusal.
inline void demand_heap_in_proportion(const HeapWatch& watch, std::size_t input_bytes) {
  const auto allowed = 4 * input_bytes + 65 * 1024;
  if (watch.peak() <= allowed) return;
  std::fprintf(stderr, "%zu bytes of heap for an input of %zu: at most %zu are allowed\n", watch.peak(), input_bytes,
               allowed);
  std::abort();
}

}  // namespace millrace::testing
