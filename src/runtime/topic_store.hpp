#pragma once
// Topics as directories: `<topic>-<partition>/` with its log and `partition.metadata`, which names the topic id that
// the directory belongs to (docs/formats/data_directory.md).
//
// Used by the administrator's thread alone, and while opening. A directory is made and durable before the metadata log
// says that its topic exists, and it is out of the way before that log says that the topic is purged.

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "millrace/broker/catalog.hpp"
#include "millrace/log/checkpoint.hpp"
#include "millrace/runtime/committer.hpp"
#include "millrace/runtime/topology.hpp"

namespace spdlog {
class logger;
}

namespace millrace::runtime {

[[nodiscard]] std::string partition_directory(std::string_view topic, PartitionIndex index);

struct StoreOptions {
  log::Checkpoints known;  ///< of the last shutdown or checkpoint
  bool clean = false;      ///< the last broker closed everything
  broker::ProducerLimits producer_limits;
  SipKey event_key{};  ///< of partitions that have none yet
  bool keeps = false;  ///< nothing that is there goes before somebody says what may
};

class TopicStore {
 public:
  TopicStore(disk::Disk& disk, Committer& committer, const Clock& clock, StoreOptions options, spdlog::logger& log);

  /// Makes the directories of a new topic durable and opens its partitions. After a failure nothing of it is left.
  [[nodiscard]] Result<HostedTopicPtr> create(std::shared_ptr<const broker::Topic> topic,
                                              const broker::TopicSettings& settings);
  /// Adds to `so_far` the partitions that `topic`, which is the same one grown, has more. The same promise.
  [[nodiscard]] Result<HostedTopicPtr> grow(const HostedTopic& so_far, std::shared_ptr<const broker::Topic> topic);
  /// Opens what create() made, recovering what a crash left, and says in the diagnostics what was found.
  [[nodiscard]] Result<HostedTopicPtr> open(std::shared_ptr<const broker::Topic> topic,
                                            const broker::TopicSettings& settings);
  /// Takes the directories of a deleted topic out of the way, durably; gives their new names for remove_directory_tree.
  [[nodiscard]] Result<std::vector<std::string>> put_away(const broker::Tombstone& deleted);
  /// Frees a directory that put_away() renamed. Slow; the housekeeper's.
  [[nodiscard]] Result<void> remove_tree(const std::string& directory);

  /// Errc::corrupt when the root holds directories that only a metadata log can explain.
  [[nodiscard]] Result<void> expect_no_topics();

  /// Directories of the root that no topic of `catalog` owns: those of deleted topics are freed (their names are given
  /// back for remove_tree), all others are moved to lost+found.
  [[nodiscard]] Result<std::vector<std::string>> sweep(const broker::Catalog& catalog);

 private:
  /// Makes the partitions of its topic that `hosted` does not have yet.
  [[nodiscard]] Result<HostedTopicPtr> complete(HostedTopic hosted);
  /// Moves what lies where a new topic will be to lost+found.
  [[nodiscard]] Result<void> clear_the_way(const std::string& directory);
  /// Is the directory there, and that of this topic? One that is missing must not come back empty.
  [[nodiscard]] Result<void> check_owner(const std::string& directory, const Uuid& id);
  [[nodiscard]] Result<void> make_directory(const std::string& directory, const Uuid& id);
  [[nodiscard]] Result<std::shared_ptr<HostedPartition>> open_partition(const std::string& directory,
                                                                        const broker::TopicSettings& settings,
                                                                        bool is_new);
  void report(const std::string& directory, const broker::Partition::Opened& opened);

  disk::Disk& disk_;
  Committer& committer_;
  const Clock& clock_;
  StoreOptions options_;
  spdlog::logger& diagnostics_;
};

}  // namespace millrace::runtime
