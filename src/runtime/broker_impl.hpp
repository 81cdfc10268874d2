#pragma once
// What BrokerRuntime holds. Which thread uses what:
//
//   any thread        topology_, produce(), fetch(), committer_
//   administrator     catalog_, store_, metadata_, producer ids (one change at a time, in order)
//   housekeeper       checkpoints, retention, snapshots, freeing of deleted files
//   compactor         compaction
//   view readers      fetches from views, one at a time each

#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "data_directory.hpp"
#include "metadata_log.hpp"
#include "millrace/runtime/broker_runtime.hpp"
#include "millrace/runtime/io.hpp"
#include "millrace/runtime/work_thread.hpp"
#include "open_files.hpp"
#include "topic_store.hpp"

namespace millrace::runtime {

struct BrokerRuntime::Impl {
  Impl(disk::Disk& disk, const Clock& clock, Random& random, BrokerOptions options,
       std::shared_ptr<spdlog::logger> diagnostics);
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() { end_work(); }

  // broker_runtime.cpp
  [[nodiscard]] Result<void> open();
  [[nodiscard]] Result<void> open_metadata();
  [[nodiscard]] Result<void> open_topics();
  [[nodiscard]] Result<void> close();
  void end_work();
  [[nodiscard]] std::shared_ptr<const Topology> topology() const;
  void publish(Topology changed);
  [[nodiscard]] BrokerOptions options() const {
    return options_.with([](const BrokerOptions& held) { return held; });
  }
  void reconfigure(const BrokerOptions& options);
  /// What topics follow, as `catalog` and the broker's file have it.
  [[nodiscard]] broker::BrokerDefaults topic_defaults(const broker::Catalog& catalog) const;
  [[nodiscard]] broker::TopicSettings settings_of(const broker::Topic& topic) const;
  /// Lets every topic follow the defaults as they are now.
  void apply_defaults();
  [[nodiscard]] std::vector<std::shared_ptr<HostedPartition>> all_partitions() const;

  // administer.cpp, on the administrator's thread
  [[nodiscard]] broker::CreateAnswer create_topic(const broker::CreateTopic& wanted);
  [[nodiscard]] broker::CreateAnswer create_partitions(const broker::CreatePartitions& wanted);
  [[nodiscard]] broker::CreateAnswer alter_topic(const broker::AlterTopic& wanted);
  [[nodiscard]] broker::AlterAnswer alter_broker(const broker::AlterBroker& wanted);
  [[nodiscard]] broker::AlterAnswer alter_group(const broker::AlterGroup& wanted);
  [[nodiscard]] broker::AlterAnswer change_documents(const std::vector<broker::ChangeDocument>& wanted);

  // views.cpp, on the administrator's thread
  [[nodiscard]] broker::ViewAnswer change_view(const broker::ChangeView& wanted);
  /// Puts the views of the catalog into `changed`, in place of those that are there, as its topics now are.
  void place_views(Topology& changed) const;
  /// Publishes it as the catalog now has it. `is_gone`: the one that was there, whatever is there now.
  void publish_view(const std::string& name, bool is_gone);

  /// Publishes `hosted` as the catalog now has it.
  void serve(HostedTopic hosted);
  [[nodiscard]] broker::DeleteAnswer delete_topic(const std::string& name);
  [[nodiscard]] Result<void> carry_out(const std::vector<broker::MetadataEvent>& events);
  /// Its files go after `delay`, which a restart cuts short.
  [[nodiscard]] Result<void> finish_deletion(const broker::Tombstone& deleted, Milliseconds delay);
  [[nodiscard]] ProducerIdAnswer new_producer_id();
  [[nodiscard]] broker::DeleteRecordsAnswer delete_records(const DeleteRecordsPart& part);

  // quarantine.cpp
  /// What keeps a topic with these configurations from putting records aside; nothing where it does not want to, too.
  /// Makes its dead-letter topic unless there is one, or it is `only_judged`. On the administrator's thread.
  [[nodiscard]] std::optional<broker::CreateAnswer> prepare_quarantine(const broker::Topic& topic, bool only_judged);
  /// For every topic: what is missing is made, what cannot be is told. On the administrator's thread.
  void prepare_quarantines();
  /// Where `topic` puts its records; null, and `why`: it cannot.
  [[nodiscard]] HostedTopicPtr quarantine_of(const Topology& topology, const HostedTopic& topic, ErrorCode& why);

  // housekeeping.cpp
  void keep_house();
  [[nodiscard]] Result<void> write_checkpoint();
  void write_snapshots();
  void apply_retention();
  void apply_retention(HostedPartition& partition);
  /// Requires: paths_mutex_ is held.
  void free_files(const HostedPartition& partition, const log::Doomed& doomed);
  void check_space();

  // compaction.cpp, on the compactor's thread
  void compact();
  [[nodiscard]] std::optional<log::Cleaning> prepare_cleaning(HostedPartition& partition);
  void run(log::Cleaning& pass, HostedPartition& partition);

  disk::Disk& disk_;
  const Clock& clock_;
  Random& random_;
  Guarded<BrokerOptions> options_;
  std::shared_ptr<spdlog::logger> diagnostics_;
  const broker::GroupConfigRules group_config_rules_;
  const std::shared_ptr<const QuarantineForm> quarantine_;
  std::atomic<bool> quarantine_is_missed_ = false;  ///< somebody is about to make what is missing
  broker::CatalogRules rules_;                      ///< the administrator's

  std::unique_ptr<disk::DirectoryLock> lock_;
  Identity identity_;
  std::string cluster_id_;
  OpenFiles open_files_;
  std::unique_ptr<Committer> committer_;
  std::unique_ptr<TopicStore> store_;
  std::unique_ptr<MetadataLog> metadata_;
  broker::Catalog catalog_;  ///< the administrator's

  mutable std::mutex published_mutex_;
  std::shared_ptr<const Topology> topology_;
  std::shared_ptr<const broker::Catalog> published_catalog_;

  ProducerId next_producer_id_ = 0;  ///< the administrator's: the next of a block that is reserved
  ProducerId reserved_until_ = 0;
  std::vector<std::function<void(const std::vector<std::string>&)>> on_topics_deleted_;

  std::mutex checkpoint_mutex_;  ///< one writer of the checkpoint file at a time
  /// Held while the housekeeper or the compactor works on files of a partition by their names, and while directories of
  /// a deleted topic are renamed: else they could lay hands on a new topic of the same name. So is it while somebody
  /// says what is to be kept, which they have looked at by then. Before checkpoint_mutex_.
  std::mutex paths_mutex_;
  RefusalCounts produce_refused_;
  std::atomic<std::size_t> compaction_bytes_ = 0;  ///< what the pass under way may use for keys
  Guarded<std::optional<disk::Space>> space_;      ///< as the housekeeper last saw it
  std::atomic<bool> out_of_space_ = false;
  std::atomic<bool> stop_waiting_ = false;
  std::atomic<bool> closing_ = false;
  bool closed_ = false;

  std::unique_ptr<WorkThread> administrator_;
  std::unique_ptr<WorkThread> housekeeper_;
  std::unique_ptr<WorkThread> compactor_;

  static constexpr std::size_t view_threads = 2;
  std::shared_ptr<std::atomic<std::size_t>> view_bytes_held_ = std::make_shared<std::atomic<std::size_t>>(0);
  asio::thread_pool view_readers_{view_threads};  ///< read, inflate and filter for those who fetch from views
};

}  // namespace millrace::runtime
