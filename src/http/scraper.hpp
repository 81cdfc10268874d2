#pragma once
// Makes the answers to `GET /metrics`, on a thread of its own, so that no network thread waits for locks or for the
// disk while numbers are put together. One answer at a time; who asks while the last one is young gets that one, so
// that a flood of scrapes costs what one a second costs.
//
// Shared: any thread asks. stop() before anything goes that is asked.

#include <chrono>
#include <memory>
#include <string>

#include "millrace/core/counting.hpp"
#include "millrace/metrics/exposition.hpp"
#include "millrace/runtime/callback.hpp"
#include "millrace/runtime/work_thread.hpp"

namespace millrace::http {

class Scraper {
 public:
  using Text = std::shared_ptr<const std::string>;
  using Done = runtime::Callback<void(Text)>;
  static constexpr auto young = std::chrono::seconds(1);

  Scraper(metrics::Collect collect, runtime::WorkThread::OnEscape on_escape)
      : collect_(std::move(collect)), thread_("metrics", std::move(on_escape)) {}

  /// `done` is called on the scraper's thread; with null when the numbers could not be had.
  void ask(Done done);
  /// Ends when the answer under way is done. Whoever asks later gets none.
  void stop() { thread_.finish(); }

 private:
  using Clock = std::chrono::steady_clock;
  [[nodiscard]] Text make();

  metrics::Collect collect_;
  // The thread's.
  Text last_;
  Clock::time_point last_began_{};
  double cpu_seconds_ = 0;
  std::uint64_t made_ = 0;
  runtime::WorkThread thread_;  // last: it ends before what it uses
};

}  // namespace millrace::http
