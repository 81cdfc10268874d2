#pragma once
// Keeps the catalogue of events up to date: reads now and then what has come to each topic, on a thread of its own and
// no more than so many bytes, so that it costs nobody anything; a partition to which nothing comes costs one look at a
// counter. What it cannot keep up with it passes over, and says so. Shared: any thread asks. stop_watching() before the
// broker closes, finish() before it goes.

#include <atomic>
#include <map>
#include <vector>

#include "event_catalogue.hpp"
#include "millrace/core/limits.hpp"
#include "millrace/runtime/broker_runtime.hpp"
#include "millrace/runtime/guarded.hpp"
#include "millrace/runtime/work_thread.hpp"
#include "routes/event_scan.hpp"

namespace millrace::http {

class CatalogueWatch {
 public:
  static constexpr auto interval = std::chrono::seconds(1);
  static constexpr std::size_t bytes_per_look = 2 * limits::MiB;         ///< of all partitions
  static constexpr std::size_t bytes_per_partition = 256 * limits::KiB;  ///< of one, at a time
  /// With more partitions it begins with what comes after the start: reading the end of each would take long.
  static constexpr std::size_t partitions_with_history_max = 100;
  static constexpr std::int64_t records_behind_max = 100'000;  ///< further behind, it goes to the end

  CatalogueWatch(runtime::BrokerRuntime& broker, runtime::WorkThread::OnEscape on_escape);
  void stop_watching();
  void finish() { thread_.finish(); }

  /// Calls `look` with the catalogue as it is; meanwhile it does not change.
  template <class Look>
  [[nodiscard]] auto with(Look&& look) const {
    return catalogue_.with(std::forward<Look>(look));
  }
  /// When it was begun.
  [[nodiscard]] Timestamp since() const { return since_; }

 private:
  struct Watched {
    std::string topic;
    PartitionIndex partition = 0;
    std::shared_ptr<runtime::HostedPartition> hosted;
    Offset place;                ///< read to here
    Offset history_end;          ///< what lies below was there before the broker started
    std::uint64_t received = 0;  ///< records, when it was looked at last
    bool is_behind = true;       ///< there may be more than was read
  };
  using Partitions = std::map<std::pair<std::string, PartitionIndex>, Watched>;

  void look();
  /// Takes in that topics have come and gone.
  void follow(const runtime::Topology& topology);
  /// Gives how many bytes were read.
  std::size_t read(Watched& watched, std::size_t budget);
  void take(const Watched& watched, const std::vector<routes::ReadEvent>& events);

  runtime::BrokerRuntime& broker_;
  runtime::Guarded<EventCatalogue> catalogue_;
  const Timestamp since_;
  // The thread's own:
  std::shared_ptr<const runtime::Topology> topology_;  ///< that was followed last
  Partitions partitions_;
  Partitions::key_type turn_;  ///< who was looked at last
  Instant looked_at_{};
  std::atomic<bool> is_watching_ = true;
  runtime::WorkThread thread_;  // last: it ends before what it uses
};

}  // namespace millrace::http
