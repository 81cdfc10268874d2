// Compaction, on the compactor's thread: the dirtiest log first, one pass after the other. A pass may take minutes; it
// ends early when the broker closes or the topic is deleted.

#include <spdlog/logger.h>

#include <algorithm>

#include "broker_impl.hpp"

namespace millrace::runtime {

void BrokerRuntime::Impl::compact() {
  struct Due {
    std::shared_ptr<HostedPartition> partition;
    double ratio;
  };
  std::vector<Due> due;
  for (const auto& partition : all_partitions()) {
    if (const auto pass = prepare_cleaning(*partition)) due.push_back({partition, pass->dirty_ratio()});
  }
  std::ranges::sort(due, [](const Due& a, const Due& b) {
    return a.ratio != b.ratio ? a.ratio > b.ratio : a.partition->directory() < b.partition->directory();
  });
  for (const auto& [partition, ratio] : due) {
    if (closing_) return;
    // As of now: others waited for their turn.
    auto pass = prepare_cleaning(*partition);
    if (!pass) continue;
    compaction_bytes_ = options_.with([](const BrokerOptions& options) { return options.compaction_memory_bytes; });
    run(*pass, *partition);
    compaction_bytes_ = 0;
  }
}

std::optional<log::Cleaning> BrokerRuntime::Impl::prepare_cleaning(HostedPartition& partition) {
  if (partition.is_gone()) return std::nullopt;
  const log::CleaningLimits limits{
      .map_bytes = options_.with([](const BrokerOptions& options) { return options.compaction_memory_bytes; }),
      .hash_key = {random_.next(), random_.next()}};
  const auto now = clock_.now();
  auto pass = partition.with([&](broker::Partition& each) { return each.prepare_cleaning(limits, now); });
  if (pass) return std::move(*pass);
  diagnostics_->error("compaction failed log={} why=\"{}\"", partition.directory(), pass.error().message);
  return std::nullopt;
}

void BrokerRuntime::Impl::run(log::Cleaning& pass, HostedPartition& partition) {
  const log::CleaningAccess access{.locked =
                                       [&](const std::function<void(log::Log&)>& work) {
                                         partition.with([&](broker::Partition& each) { work(each.log()); });
                                       },
                                   .named =
                                       [&](const std::function<void()>& work) {
                                         const std::lock_guard lock(paths_mutex_);
                                         if (partition.is_gone()) return false;
                                         work();
                                         return true;
                                       },
                                   .stopped = [&] { return closing_ || partition.is_gone(); }};
  const auto cleaned = pass.run(disk_, access);
  if (!cleaned) {
    diagnostics_->error("compaction failed log={} why=\"{}\"", partition.directory(), cleaned.error().message);
    return;
  }
  if (!*cleaned) return;
  const auto& done = **cleaned;
  diagnostics_->info("compacted log={} segments={} to={} bytes={} to={} next_offset={}", partition.directory(),
                     done.segments_before, done.segments_after, done.bytes_before, done.bytes_after,
                     done.mark.next.value());
}

}  // namespace millrace::runtime
