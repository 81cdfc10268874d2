#include "topic_store.hpp"

#include <spdlog/logger.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>

#include "data_directory.hpp"
#include "millrace/runtime/io_threads.hpp"

namespace millrace::runtime {

namespace {

constexpr std::string_view metadata_file = "partition.metadata";
constexpr std::string_view deleted_suffix = ".deleted";
constexpr std::size_t opening_threads_max = 8;

/// Of the topic's id alone: its name may fill a directory name by itself.
std::string deleted_name(const Uuid& id, PartitionIndex index) {
  return partition_directory(id.to_string(), index) + std::string(deleted_suffix);
}

/// Is it a name that deleted_name() gives?
bool was_put_away(std::string_view name) {
  if (!name.ends_with(deleted_suffix)) return false;
  name.remove_suffix(deleted_suffix.size());
  const auto dash = name.rfind('-');
  if (dash == std::string_view::npos || dash + 1 == name.size()) return false;
  const auto is_digit = [](char each) { return each >= '0' && each <= '9'; };
  return std::ranges::all_of(name.substr(dash + 1), is_digit) && Uuid::parse(name.substr(0, dash)).has_value();
}

std::string metadata_text(const Uuid& id) { return "version: 0\ntopic_id: " + id.to_string() + "\n"; }

}  // namespace

std::string partition_directory(std::string_view topic, PartitionIndex index) {
  return std::string(topic) + "-" + std::to_string(index);
}

TopicStore::TopicStore(disk::Disk& disk, Committer& committer, const Clock& clock, StoreOptions options,
                       spdlog::logger& log)
    : disk_(disk), committer_(committer), clock_(clock), options_(std::move(options)), diagnostics_(log) {}

Result<void> TopicStore::make_directory(const std::string& directory, const Uuid& id) {
  if (auto made = disk_.make_directory(directory); !made) return made;
  auto file = disk_.open(directory + "/" + std::string(metadata_file), disk::Open::create);
  if (!file) return failure_of(file);
  if (auto done = (*file)->write_at(0, as_bytes(metadata_text(id))); !done) return done;
  if (auto done = (*file)->sync_data(); !done) return done;
  return disk_.sync_directory(directory);
}

Result<void> TopicStore::check_owner(const std::string& directory, const Uuid& id) {
  const auto file = disk_.open(directory + "/" + std::string(metadata_file), disk::Open::read);
  if (!file && file.error().code == Errc::not_found) {
    return failure(Errc::corrupt, directory + " or the " + std::string(metadata_file) + " in it is missing");
  }
  if (!file) return failure_of(file);
  const auto expected = metadata_text(id);
  Bytes text(expected.size() + 1);
  const auto size = (*file)->read_at(0, text);
  if (!size) return failure_of(size);
  if (as_text(ByteView(text).first(*size)) == expected) return {};
  return failure(Errc::corrupt, directory + "/" + std::string(metadata_file) + " does not name the topic id " +
                                    id.to_string() + ": these are the records of another topic");
}

Result<std::shared_ptr<HostedPartition>> TopicStore::open_partition(const std::string& directory,
                                                                    const broker::TopicSettings& settings,
                                                                    bool is_new) {
  const auto found = options_.known.find(directory);
  const auto known = is_new || found == options_.known.end() ? std::optional<log::Checkpoint>() : found->second;
  auto opened = broker::Partition::open(disk_, directory, settings, known, !is_new && options_.clean, clock_.now(),
                                        options_.producer_limits, {.key = options_.event_key});
  if (!opened) return Failure(opened.error().within(directory));
  report(directory, *opened);
  opened->partition->release_idle();
  if (options_.keeps && !is_new) opened->partition->keep(Offset(0));
  return std::make_shared<HostedPartition>(
      directory, std::move(opened->partition), committer_,
      // The committer, who calls it, outlives this store, not the logger.
      [&diagnostics = diagnostics_](const std::string& log, const std::string& why) {
        diagnostics.error("records cannot be stored log={} why=\"{}\"", log, why);
      });
}

void TopicStore::report(const std::string& directory, const broker::Partition::Opened& opened) {
  const auto& found = opened.log_report;
  if (found.cut_bytes > 0) {
    diagnostics_.warn("torn tail cut log={} bytes={} log_end={} acknowledged=none", directory, found.cut_bytes,
                      found.cut_at.value());
  }
  for (const auto& range : found.damaged) {
    diagnostics_.error(
        "damaged records quarantined log={} segment={} position={} first_offset={} next_offset={} why=\"{}\"",
        directory, range.segment, range.position, range.first.value(), range.next.value(), range.reason);
  }
  for (const auto& name : found.set_aside) {
    diagnostics_.warn("unknown file set aside log={} file={}", directory, name);
  }
  if (!opened.producers.snapshot_fault.empty()) {
    diagnostics_.warn("producer snapshot not used log={} why=\"{}\" replayed_batches={}", directory,
                      opened.producers.snapshot_fault, opened.producers.replayed_batches);
  }
  if (!opened.events.snapshot_fault.empty()) {
    diagnostics_.warn("events snapshot not used log={} why=\"{}\" replayed_events={}", directory,
                      opened.events.snapshot_fault, opened.events.replayed_events);
  }
  if (!found.clean && found.scanned_bytes > 0) {
    diagnostics_.info("recovered log={} scanned_bytes={} replayed_batches={}", directory, found.scanned_bytes,
                      opened.producers.replayed_batches);
  }
}

Result<void> TopicStore::clear_the_way(const std::string& directory) {
  const auto exists = disk_.exists(directory);
  if (!exists) return failure_of(exists);
  if (!*exists) return {};
  // Of a creation that failed half-way, or somebody else's: not ours to delete, and no topic may find it as its own.
  const auto place = set_aside(disk_, directory);
  if (!place) return failure_of(place);
  diagnostics_.warn("directory in the way of a new topic set aside directory={} place={}", directory, *place);
  return {};
}

Result<HostedTopicPtr> TopicStore::create(std::shared_ptr<const broker::Topic> topic,
                                          const broker::TopicSettings& settings) {
  return complete({std::move(topic), settings, {}});
}

Result<HostedTopicPtr> TopicStore::grow(const HostedTopic& so_far, std::shared_ptr<const broker::Topic> topic) {
  return complete({std::move(topic), so_far.settings, so_far.partitions});
}

Result<HostedTopicPtr> TopicStore::complete(HostedTopic hosted) {
  std::vector<std::string> made;
  const auto& topic = *hosted.topic;
  const auto build = [&]() -> Result<void> {
    while (std::cmp_less(hosted.partitions.size(), topic.partitions)) {
      const auto directory = partition_directory(topic.name, static_cast<PartitionIndex>(hosted.partitions.size()));
      if (auto free = clear_the_way(directory); !free) return free;
      made.push_back(directory);
      if (auto done = make_directory(directory, topic.id); !done) return done;
      auto partition = open_partition(directory, hosted.settings, true);
      if (!partition) return failure_of(partition);
      hosted.partitions.push_back(std::move(*partition));
    }
    return disk_.sync_directory("");
  };
  if (auto built = build(); !built) {
    hosted.partitions.clear();
    for (const auto& directory : made) {
      if (auto removed = remove_tree(directory); !removed) {
        diagnostics_.warn("directory of a partition that was not created stays directory={} why=\"{}\"", directory,
                          removed.error().message);
      }
    }
    return failure_of(built);
  }
  return std::make_shared<const HostedTopic>(std::move(hosted));
}

Result<HostedTopicPtr> TopicStore::open(std::shared_ptr<const broker::Topic> topic,
                                        const broker::TopicSettings& settings) {
  auto hosted = std::make_shared<HostedTopic>();
  hosted->topic = topic;
  hosted->settings = settings;
  const auto count = static_cast<std::size_t>(topic->partitions);
  std::vector<Result<std::shared_ptr<HostedPartition>>> opened(count);
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (auto index = next++; index < count; index = next++) {
      const auto directory = partition_directory(topic->name, static_cast<PartitionIndex>(index));
      // The metadata topic is opened before its own id is known.
      const auto owned = topic->id.is_zero() ? Result<void>() : check_owner(directory, topic->id);
      opened[index] = owned ? open_partition(directory, settings, false) : failure_of(owned);
    }
  };
  // Recovery waits for the disk more than for a CPU, so a few threads pay even on two of them.
  std::vector<std::thread> helpers;
  const auto helper_count = options_.clean ? 0 : std::min(count, opening_threads_max) - 1;
  for (std::size_t i = 0; i < helper_count; ++i) helpers.emplace_back(work);
  work();
  for (auto& helper : helpers) helper.join();
  for (auto& partition : opened) {
    if (!partition) return failure_of(partition);
    hosted->partitions.push_back(std::move(*partition));
  }
  return hosted;
}

Result<std::vector<std::string>> TopicStore::put_away(const broker::Tombstone& deleted) {
  std::vector<std::string> moved;
  for (PartitionIndex index = 0; index < deleted.partitions; ++index) {
    const auto directory = partition_directory(deleted.name, index);
    const auto exists = disk_.exists(directory);
    if (!exists) return failure_of(exists);
    if (!*exists) continue;
    moved.push_back(deleted_name(deleted.id, index));
    if (auto done = disk_.rename(directory, moved.back()); !done) return failure_of(done);
  }
  if (auto synced = disk_.sync_directory(""); !synced) return failure_of(synced);
  return moved;
}

Result<void> TopicStore::remove_tree(const std::string& directory) {
  const auto entries = disk_.list(directory);
  if (!entries) return entries.error().code == Errc::not_found ? Result<void>() : failure_of(entries);
  log::Doomed files;
  for (const auto& entry : *entries) {
    const auto path = directory + "/" + entry.name;
    if (!entry.is_directory) {
      files.files.push_back(path);
    } else if (auto removed = remove_tree(path); !removed) {
      return removed;
    }
  }
  if (auto removed = log::remove(disk_, files); !removed) return removed;
  return disk_.remove_directory(directory);
}

Result<void> TopicStore::expect_no_topics() {
  const auto entries = disk_.list("");
  if (!entries) return failure_of(entries);
  for (const auto& entry : *entries) {
    const bool explained = entry.name == lost_and_found || entry.name == partition_directory(broker::metadata_topic, 0);
    if (!entry.is_directory || explained) continue;
    return failure(Errc::corrupt, "the metadata log is missing or empty, but the data directory holds \"" + entry.name +
                                      "\": which topics there are cannot be known");
  }
  return {};
}

Result<std::vector<std::string>> TopicStore::sweep(const broker::Catalog& catalog) {
  const auto entries = disk_.list("");
  if (!entries) return failure_of(entries);
  std::set<std::string> owned;
  for (const auto& topic : catalog.topics()) {
    for (PartitionIndex index = 0; index < topic->partitions; ++index) {
      owned.insert(partition_directory(topic->name, index));
    }
  }
  std::vector<std::string> deleted;
  for (const auto& entry : *entries) {
    if (!entry.is_directory || owned.contains(entry.name) || entry.name == lost_and_found) continue;
    if (was_put_away(entry.name)) {
      deleted.push_back(entry.name);
      continue;
    }
    const auto place = set_aside(disk_, entry.name);
    if (!place) return failure_of(place);
    diagnostics_.warn("directory that no topic owns set aside directory={} place={}", entry.name, *place);
  }
  return deleted;
}

}  // namespace millrace::runtime
