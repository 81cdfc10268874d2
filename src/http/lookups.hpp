#pragma once
// What is not for network threads: how fast topics grow, sampled now and then, and when records were written, read out
// of their logs. On a thread of its own. Shared: any thread asks. stop_sampling(), then stop(), before anything goes
// that is asked.

#include "millrace/runtime/broker_runtime.hpp"
#include "millrace/runtime/callback.hpp"
#include "millrace/runtime/guarded.hpp"
#include "millrace/runtime/work_thread.hpp"
#include "rates.hpp"

namespace millrace::http {

class Lookups {
 public:
  static constexpr auto sample_interval = std::chrono::seconds(5);

  Lookups(runtime::BrokerRuntime& broker, runtime::WorkThread::OnEscape on_escape);
  /// Before the broker closes: nothing asks it any more but who still waits for an answer.
  void stop_sampling();
  void stop();

  /// Over about the last minute; nothing for a topic that was not seen twice.
  [[nodiscard]] std::optional<Flow<double>> rates_of(const std::string& topic) const;

  struct Place {
    std::shared_ptr<runtime::HostedPartition> partition;
    Offset offset;
  };
  using Times = std::vector<std::optional<Timestamp>>;
  /// When the first record at each place or behind it was written. `done` is called on the thread of this.
  void times_of(std::vector<Place> places, runtime::Callback<void(Times)> done);

 private:
  using Clock = std::chrono::steady_clock;
  void sample();

  runtime::BrokerRuntime& broker_;
  runtime::Guarded<Rates> rates_;
  Clock::time_point sampled_ = Clock::now();
  runtime::WorkThread thread_;  // last: it ends before what it uses
};

}  // namespace millrace::http
