#pragma once
// Keeps the catalogue of events up to date: reads now and then what has come to each topic, on a thread of its own and
// no more than so many bytes, so that it costs nobody anything. What it cannot keep up with it passes over, and says
// so. Shared: any thread asks. stop_watching() before the broker closes, finish() before it goes.

#include <map>

#include "event_catalogue.hpp"
#include "millrace/runtime/broker_runtime.hpp"
#include "millrace/runtime/guarded.hpp"
#include "millrace/runtime/work_thread.hpp"

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

  /// A picture of it, and since when it was taken.
  struct Picture {
    EventCatalogue catalogue;
    Timestamp since = 0;
  };
  [[nodiscard]] Picture picture() const;

 private:
  using Places = std::map<std::pair<std::string, PartitionIndex>, Offset>;
  void look();
  /// Gives how many bytes were read.
  std::size_t look_at(const runtime::HostedTopic& topic, PartitionIndex partition, std::size_t budget);
  void begin_at_the_end(const runtime::Topology& topology);
  void forget_deleted(const runtime::Topology& topology);

  runtime::BrokerRuntime& broker_;
  runtime::Guarded<EventCatalogue> catalogue_;
  const Timestamp since_;
  Places places_;  ///< the thread's own: where each partition was read to
  Places::key_type turn_;
  bool has_looked_ = false;
  Instant looked_at_{};
  std::atomic<bool> is_watching_ = true;
  runtime::WorkThread thread_;  // last: it ends before what it uses
};

}  // namespace millrace::http
