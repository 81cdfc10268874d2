#pragma once
// The broker at work: the decisions of broker/ with a disk, threads and time. It opens the data directory, appends,
// lets fetches wait, makes things durable, keeps house, and stops cleanly.
//
// Shared: any thread may call anything but open and close. Nothing here blocks its caller beyond one write into the
// page cache; what is slow runs on the administrator's or the housekeeper's thread. Callbacks come on any thread, at
// the latest when close() returns. It knows no wire format and no socket.

#include <memory>
#include <optional>
#include <string>

#include "millrace/core/limits.hpp"
#include "millrace/core/random.hpp"
#include "millrace/core/time.hpp"
#include "millrace/disk/disk.hpp"
#include "millrace/runtime/figures.hpp"
#include "millrace/runtime/io.hpp"
#include "millrace/runtime/quarantine.hpp"
#include "millrace/runtime/requests.hpp"

namespace spdlog {
class logger;
}

namespace millrace::runtime {

/// A view's document → what it takes; its source may know events that are not marked as such. Any thread.
using CompileView = std::function<Result<record::TakesRecord>(const std::string& document, bool knows_unmarked)>;

struct BrokerOptions {
  std::int32_t broker_id = 1;
  std::string data_dir;  ///< where the root of the disk is, for those who ask; nothing is opened by it
  std::int32_t default_partitions = 1;
  broker::ConfigMap topic_defaults;  ///< the broker's own values for topic keys, checked
  /// Everything else that its operator may set, for those who ask; never null.
  broker::ConfigFactsPtr settings = std::make_shared<const std::vector<broker::ConfigFact>>();
  broker::FileKeysPtr file_keys = std::make_shared<const std::vector<broker::FileKey>>();  ///< likewise
  bool auto_create_topics = true;
  broker::GroupConfigRules group_configs;  ///< stays as it was at the start
  Milliseconds flush_interval{1'000};
  Milliseconds checkpoint_interval{60'000};
  Milliseconds retention_check_interval{300'000};
  Milliseconds compaction_check_interval{15'000};
  std::size_t compaction_memory_bytes = 32 * limits::MiB;  ///< for the keys of one pass
  Milliseconds producer_id_expiration{86'400'000};
  std::uint64_t free_bytes_min = 0;                         ///< below it produce is refused
  std::size_t open_files_max = limits::open_log_files_max;  ///< stays as it was at the start
  CompileView compile_view;                                 ///< likewise; unset: views are not served
  /// Likewise. Neither retention nor compaction takes away what was there at the start before somebody who knows who
  /// points to it has said what may go, for each partition: BrokerRuntime::keep().
  bool keeps_records = false;
  /// Likewise. Null: where a topic says quarantine, its batches are refused all the same.
  std::shared_ptr<const QuarantineForm> quarantine{};
};

/// The directory that holds every log.
struct DataDirectory {
  std::string path;
  std::optional<disk::Space> space;  ///< nothing when the file system could not be asked
};

class BrokerRuntime {
 public:
  struct Impl;

  /// Takes the data directory that is the root of `disk`: locks it, recovers what a crash left, opens every topic.
  /// Errc::busy when another process holds it. All references must outlive the broker.
  [[nodiscard]] static Result<std::unique_ptr<BrokerRuntime>> open(disk::Disk& disk, const Clock& clock, Random& random,
                                                                   const BrokerOptions& options,
                                                                   std::shared_ptr<spdlog::logger> diagnostics);
  ~BrokerRuntime();
  BrokerRuntime(const BrokerRuntime&) = delete;
  BrokerRuntime& operator=(const BrokerRuntime&) = delete;

  /// Takes over everything in `options` but the broker id and the producer expiration; topics follow their new
  /// defaults. Blocks until it is in force; not for network threads.
  void reconfigure(const BrokerOptions& options);
  /// Lets every parked fetch answer with what there is; later ones do not wait.
  void stop_waiting();
  /// Flushes and closes every log and leaves the clean mark. Nothing may be asked afterwards.
  [[nodiscard]] Result<void> close();

  [[nodiscard]] const std::string& cluster_id() const;
  [[nodiscard]] std::int32_t broker_id() const;
  [[nodiscard]] bool auto_creates_topics() const;
  [[nodiscard]] std::shared_ptr<const Topology> topology() const;
  [[nodiscard]] std::shared_ptr<const broker::Catalog> catalog() const;
  [[nodiscard]] broker::BrokerDefaults topic_defaults() const;
  /// What was set for this broker by its operator and cannot be altered by clients. Not null.
  [[nodiscard]] broker::ConfigFactsPtr settings() const;
  [[nodiscard]] broker::FileKeysPtr file_keys() const;
  [[nodiscard]] const broker::GroupConfigRules& group_config_rules() const;
  /// As of the last look at the disk, a second ago at most.
  [[nodiscard]] DataDirectory data_directory() const;
  [[nodiscard]] BrokerFigures figures() const;
  /// When the first record at or above `offset` that readers may see was written, by the timestamp of its batch: looked
  /// up in the log, so it may read the disk; not for network threads. Nothing when there is none, or when the batch
  /// bears no time.
  [[nodiscard]] std::optional<Timestamp> time_of(HostedPartition& partition, Offset offset);
  /// About `max_bytes` of what readers may see from `offset` on, for the broker itself: not counted as sent. Not for
  /// network threads. Nothing when there is nothing, or when it cannot be read.
  [[nodiscard]] log::Slice peek(HostedPartition& partition, Offset offset, std::size_t max_bytes);
  /// Somebody points to what lies at or above `from` (broker::Partition::keep), and nobody else; gives where that was
  /// before. What is there when this returns stays: it waits for what is deleted or rewritten just then, so it is not
  /// for network threads.
  std::optional<Offset> keep(HostedPartition& partition, std::optional<Offset> from);
  [[nodiscard]] Now now() const;
  [[nodiscard]] Uuid fresh_uuid();

  void produce(ProduceRequest request, ProduceDone done);
  /// Waits on `executor`'s thread, which must be the caller's. The Cancel is empty when `done` was called already.
  [[nodiscard]] Cancel fetch(FetchRequest request, const Executor& executor, FetchDone done);
  [[nodiscard]] broker::ListAnswer list_offset(const std::string& topic, PartitionIndex partition,
                                               const broker::ListSpec& spec);
  void delete_records(std::vector<DeleteRecordsPart> parts, DeleteRecordsDone done);
  void create_topics(std::vector<broker::CreateTopic> topics, CreateDone done);
  void create_partitions(std::vector<broker::CreatePartitions> topics, CreateDone done);
  void alter_topics(std::vector<broker::AlterTopic> topics, CreateDone done);
  void alter_brokers(std::vector<broker::AlterBroker> brokers, AlterDone done);
  void alter_groups(std::vector<broker::AlterGroup> groups, AlterDone done);
  /// All of them or none, in one batch of the metadata log; catalog() has them when `done` is called.
  void change_documents(std::vector<broker::ChangeDocument> documents, Callback<void(broker::AlterAnswer)> done);
  /// Written to the metadata log, where it can be read later; nothing follows from it.
  void note(broker::LettersChanged act);
  /// A view is readable as a topic when `done` is called.
  void change_view(broker::ChangeView view, Callback<void(broker::ViewAnswer)> done);
  /// Views are deleted like topics; what they showed stays where it is.
  void delete_topics(std::vector<std::string> names, DeleteDone done);
  void new_producer_id(ProducerIdDone done);

  /// For the engine's own topics: makes sure that `name` exists, and blocks until it does. Only while opening.
  [[nodiscard]] Result<HostedTopicPtr> ensure_internal_topic(const std::string& name, std::int32_t partitions);
  /// Called with the names of topics and views that were deleted, on the administrator's thread, in the order of their
  /// adding. Only while opening; what listens must outlive close().
  void on_topics_deleted(std::function<void(const std::vector<std::string>&)> listener);

 private:
  explicit BrokerRuntime(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace millrace::runtime
