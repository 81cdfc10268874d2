#pragma once
// What became of spans. Shared: any thread adds, and any thread reads.

#include "millrace/core/counting.hpp"

namespace millrace::tracing {

struct Counts {
  Counter exported;        ///< spans that a collector has taken
  Counter queue_full;      ///< … and those that were dropped, by why
  Counter rejected;        ///< the collector took their request and not them
  Counter refused;         ///< the collector refused their request for good
  Counter given_up;        ///< it was asked for long enough
  Counter stopped;         ///< the broker stopped
  Counter failed_exports;  ///< requests that were not taken, each try
};

}  // namespace millrace::tracing
