// What is done now and then, on the housekeeper's thread: nothing here is waited for by a client.

#include <spdlog/logger.h>

#include "broker_impl.hpp"

namespace millrace::runtime {

namespace {
constexpr Milliseconds space_check_interval{1'000};
constexpr Milliseconds snapshot_interval{10'000};
constexpr Milliseconds idle_interval{10'000};
}  // namespace

void BrokerRuntime::Impl::keep_house() {
  check_space();
  const auto options = this->options();
  housekeeper_->repeat(space_check_interval, [this] { check_space(); });
  housekeeper_->repeat(options.retention_check_interval, [this] { apply_retention(); });
  housekeeper_->repeat(options.flush_interval, [this] {
    for (const auto& partition : all_partitions()) {
      const auto durability = partition->with([](broker::Partition& each) { return each.settings().durability; });
      if (durability == broker::Durability::interval) partition->request_flush();
    }
  });
  housekeeper_->repeat(options.checkpoint_interval, [this] {
    for (const auto& partition : all_partitions()) {
      if (partition->take_dirty()) partition->request_flush();
    }
    if (auto written = write_checkpoint(); !written) {
      diagnostics_->error("checkpoint not written why=\"{}\"", written.error().message);
    }
  });
  housekeeper_->repeat(snapshot_interval, [this] { write_snapshots(); });
  housekeeper_->repeat(idle_interval, [this] { open_files_.close_idle(); });
  compactor_->repeat(options.compaction_check_interval, [this] { compact(); });
}

Result<void> BrokerRuntime::Impl::write_checkpoint() {
  const std::lock_guard lock(checkpoint_mutex_);
  log::Checkpoints logs;
  for (const auto& partition : all_partitions()) {
    logs.emplace(partition->directory(), partition->with([](broker::Partition& each) { return each.checkpoint(); }));
  }
  return log::write_checkpoints(disk_, checkpoint_file, logs);
}

void BrokerRuntime::Impl::write_snapshots() {
  const auto now = clock_.now();
  for (const auto& partition : all_partitions()) {
    partition->with([&](broker::Partition& each) { each.expire(now); });
    while (const auto ticket = partition->with([](broker::Partition& each) { return each.prepare_snapshot(); })) {
      const std::lock_guard lock(paths_mutex_);
      if (partition->is_gone()) break;
      const auto written = broker::write_snapshot(disk_, *ticket);
      if (!written)
        diagnostics_->warn("snapshot not written path={} why=\"{}\"", ticket->path, written.error().message);
      partition->with([&](broker::Partition& each) { each.snapshot_done(*ticket, written.has_value()); });
    }
  }
}

void BrokerRuntime::Impl::apply_retention() {
  for (const auto& partition : all_partitions()) apply_retention(*partition);
}

void BrokerRuntime::Impl::apply_retention(HostedPartition& partition) {
  const std::lock_guard lock(paths_mutex_);
  if (partition.is_gone()) return;
  const auto now = clock_.now();
  Milliseconds delay{0};
  auto doomed = partition.with([&](broker::Partition& each) {
    delay = each.settings().file_delete_delay;
    return each.retire(now);
  });
  if (!doomed) {
    diagnostics_->error("retention failed log={} why=\"{}\"", partition.directory(), doomed.error().message);
    return;
  }
  if (doomed->segments == 0) return;
  diagnostics_->info("segments deleted log={} segments={} bytes={}", partition.directory(), doomed->segments,
                     doomed->bytes);
  if (auto written = write_checkpoint(); !written) {
    diagnostics_->error("checkpoint not written why=\"{}\"", written.error().message);
    return;
  }
  if (delay == Milliseconds{0}) return free_files(partition, *doomed);
  housekeeper_->post_after(delay, [this, kept = partition.shared_from_this(), doomed = std::move(*doomed)] {
    const std::lock_guard while_named(paths_mutex_);
    // The files of a deleted topic went with its directory, and their paths may be those of another topic.
    if (!kept->is_gone()) free_files(*kept, doomed);
  });
}

std::optional<Offset> BrokerRuntime::keep(HostedPartition& partition, std::optional<Offset> from) {
  const std::lock_guard lock(impl_->paths_mutex_);
  return partition.with([&](broker::Partition& each) {
    const auto before = each.kept();
    each.keep(from);
    return before;
  });
}

void BrokerRuntime::Impl::free_files(const HostedPartition& partition, const log::Doomed& doomed) {
  if (auto removed = log::remove(disk_, doomed); !removed) {
    diagnostics_->warn("deleted segments stay log={} why=\"{}\"", partition.directory(), removed.error().message);
  }
}

void BrokerRuntime::Impl::check_space() {
  const auto space = disk_.space();
  space_.with([&](std::optional<disk::Space>& seen) { seen = space ? std::optional(*space) : std::nullopt; });
  if (!space) return;
  const auto free_bytes_min = options_.with([](const BrokerOptions& options) { return options.free_bytes_min; });
  // Refusing begins at the limit and ends a quarter above it, so that it does not flicker.
  const auto limit = out_of_space_ ? free_bytes_min + free_bytes_min / 4 : free_bytes_min;
  const bool low = space->free_bytes < limit;
  if (low == out_of_space_.exchange(low)) return;
  if (low) {
    diagnostics_->error("disk nearly full, produce is refused free_bytes={} min_free_bytes={}", space->free_bytes,
                        free_bytes_min);
  } else {
    diagnostics_->info("disk has room again, produce is served free_bytes={}", space->free_bytes);
  }
}

}  // namespace millrace::runtime
