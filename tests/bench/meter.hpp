#pragma once
// Between start() and finish(): wall time, our own CPU time, and what the server used, related to what was done.
// Owned by the thread that drives the load.

#include <optional>

#include "process.hpp"
#include "report.hpp"

namespace millrace::bench {

/// What a load moved while it was measured.
struct Done {
  double bytes = 0;  ///< of record batches, headers included
  double records = 0;
  double requests = 0;
};

class Meter {
 public:
  /// Without a process only the client's side is measured.
  explicit Meter(std::optional<pid_t> server) : server_(server) {}

  [[nodiscard]] Result<void> start();
  [[nodiscard]] Clock::time_point began() const { return began_; }
  /// Reports everything that can be divided by what was done.
  [[nodiscard]] Result<void> finish(const Done& done, const Report& report) const;

 private:
  std::optional<pid_t> server_;
  Clock::time_point began_;
  double own_before_ = 0;
  Use use_before_;
  Memory memory_before_;
};

}  // namespace millrace::bench
