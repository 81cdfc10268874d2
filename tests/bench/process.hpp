#pragma once
// What a process has used so far, and the memory it holds now, as the kernel counts them. Values.
//
// CPU time comes from the process's CPU clock, exact to the nanosecond and over all threads; its division into user and
// system from /proc/<pid>/stat, in ticks of 10 ms. A process that may not be looked at is a failure.

#include <sys/types.h>

#include <cstdint>

#include "millrace/core/result.hpp"

namespace millrace::bench {

struct Use {
  double cpu_seconds = 0;
  double user_seconds = 0;
  double system_seconds = 0;
  double switches = 0;  ///< times that one of its threads gave up a CPU because it had to wait
};

struct Memory {
  double resident_bytes = 0;      ///< RSS
  double proportional_bytes = 0;  ///< PSS: pages shared with other processes count by their share
  double own_bytes = 0;           ///< of no file: heap, stacks, data that was written to
};

[[nodiscard]] Result<Use> use_of(pid_t process);
[[nodiscard]] Result<Memory> memory_of(pid_t process);

/// CPU seconds of this process.
[[nodiscard]] double own_cpu_seconds();

}  // namespace millrace::bench
