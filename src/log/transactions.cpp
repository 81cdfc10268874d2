// Aborted transactions of a log, kept per segment of their abort marker.

#include <algorithm>

#include "log_impl.hpp"
#include "small_file.hpp"

namespace millrace::log {

Result<void> Log::append_aborted(const AbortedTransaction& transaction) {
  auto& impl = *impl_;
  if (impl.offline) return Failure(*impl.offline);
  if (transaction.last_offset < impl.segments.front()->base || transaction.last_offset >= impl.end()) {
    return failure(Errc::invalid,
                   "abort marker at offset " + std::to_string(transaction.last_offset.value()) + " is not in the log");
  }
  auto& segment = *impl.segments[impl.index_of(transaction.last_offset)];
  if (auto loaded = segment.load_aborted(impl.surroundings()); !loaded) return loaded;
  if (!segment.aborted.insert(transaction)) return {};
  // The seal no longer tells the truth; without it the indexes are made anew, which is only slow.
  if (segment.sealed_on_disk) (void)impl.disk.remove_file(segment.path(impl.directory, FileKind::seal));
  segment.sealed_on_disk = false;
  const auto path = segment.path(impl.directory, FileKind::txn_index);
  const auto file = write_small_file(impl.disk, path, segment.aborted.encode());
  if (!file) return impl.go_offline(file.error());
  impl.mark_dirty(*file);
  impl.mark_dirty_directory(impl.directory);
  return {};
}

Result<std::vector<AbortedTransaction>> Log::aborted(Offset from, Offset below) {
  auto& impl = *impl_;
  std::vector<AbortedTransaction> found;
  from = std::max(from, impl.segments.front()->base);
  if (from >= std::min(below, impl.end())) return found;
  for (std::size_t i = impl.index_of(from); i < impl.segments.size(); ++i) {
    auto& segment = *impl.segments[i];
    if (auto loaded = segment.load_aborted(impl.surroundings()); !loaded) return failure_of(loaded);
    bool enough = false;
    for (const AbortedTransaction& entry : segment.aborted.entries()) {
      if (entry.last_offset >= from && entry.first_offset < below) found.push_back(entry);
      // Whatever ends later began at or above what was stable when this one ended.
      enough = enough || entry.last_stable_offset >= below;
    }
    if (enough) break;
  }
  std::ranges::sort(found, {}, &AbortedTransaction::first_offset);
  return found;
}

}  // namespace millrace::log
