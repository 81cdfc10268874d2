// What the broker has counted, put together for whoever asks.

#include "broker_impl.hpp"

namespace millrace::runtime {

BrokerFigures BrokerRuntime::figures() const {
  const auto& impl = *impl_;
  const auto& flushes = impl.committer_->counts();
  BrokerFigures figures;
  figures.flush_queued = flushes.queued.seen();
  figures.flush_took = flushes.took.seen();
  figures.flush_failed = flushes.failed.value();
  for (std::size_t i = 0; i < RefusalCounts::errors.size(); ++i) {
    figures.produce_refused[i] = {RefusalCounts::errors[i], impl.produce_refused_.of(i)};
  }
  figures.out_of_space = impl.out_of_space_;
  figures.open_files = impl.disk_.open_files();
  figures.compaction_bytes = impl.compaction_bytes_;
  impl.options_.with([&](const BrokerOptions& options) {
    figures.free_bytes_min = options.free_bytes_min;
    figures.open_files_max = options.open_files_max;
    figures.compaction_bytes_max = options.compaction_memory_bytes;
  });
  return figures;
}

log::Slice BrokerRuntime::peek(HostedPartition& partition, Offset offset, std::size_t max_bytes) {
  impl_->open_files_.make_room();
  return partition.read({.offset = offset, .max_bytes = max_bytes, .at_least_one = true}).slice;
}

std::optional<Timestamp> BrokerRuntime::time_of(HostedPartition& partition, Offset offset) {
  impl_->open_files_.make_room();
  const auto found = partition.with([&](broker::Partition& each) -> Result<std::optional<Timestamp>> {
    if (partition.is_gone()) return std::nullopt;
    return each.time_of(offset);
  });
  return found ? *found : std::nullopt;
}

}  // namespace millrace::runtime
