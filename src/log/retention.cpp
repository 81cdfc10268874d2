#include "millrace/log/retention.hpp"

#include <algorithm>
#include <set>

#include "log_impl.hpp"

namespace millrace::log {

namespace {

/// Segments below the log start, from the front.
std::size_t below_start(std::span<const SegmentFacts> segments, Offset start) {
  const auto kept = std::ranges::find_if(segments, [&](const SegmentFacts& s) { return s.next > start; });
  return static_cast<std::size_t>(kept - segments.begin());
}

/// A segment whose newest timestamp is unknown or lies ahead goes when a later one is old enough, as it is older still.
std::size_t expired(std::span<const SegmentFacts> segments, std::int64_t ms, Timestamp wall_now) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const auto newest = segments[i].max_timestamp;
    if (newest < 0 || newest > wall_now) continue;
    if (wall_now - newest <= ms) break;
    count = i + 1;
  }
  return count;
}

std::size_t surplus(std::span<const SegmentFacts> segments, std::uint64_t bytes) {
  std::uint64_t total = 0;
  for (const SegmentFacts& segment : segments) total += segment.bytes;
  std::size_t count = 0;
  for (const SegmentFacts& segment : segments) {
    if (total - segment.bytes < bytes) break;
    total -= segment.bytes;
    ++count;
  }
  return count;
}

std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

Result<void> free_in_slices(disk::Disk& disk, const std::string& path) {
  constexpr std::uint64_t slice = std::uint64_t{16} << 20;
  const auto size = disk.size_of(path);
  if (!size) return failure_of(size);
  if (*size > slice) {
    const auto file = disk.open(path, disk::Open::write);
    if (!file) return failure_of(file);
    for (auto left = *size; left > slice;) {
      left -= slice;
      if (auto freed = (*file)->truncate(left); !freed) return freed;
    }
  }
  return disk.remove_file(path);
}

}  // namespace

std::size_t expendable(std::span<const SegmentFacts> segments, const Retention& policy, Offset start, Offset below,
                       Timestamp wall_now) {
  const auto limit = std::ranges::find_if(segments, [&](const SegmentFacts& s) { return s.next > below; });
  const auto eligible = static_cast<std::size_t>(limit - segments.begin());
  std::size_t count = below_start(segments, start);
  if (policy.delete_enabled && policy.ms >= 0) count = std::max(count, expired(segments, policy.ms, wall_now));
  if (policy.delete_enabled && policy.bytes >= 0) {
    count = std::max(count, surplus(segments, static_cast<std::uint64_t>(policy.bytes)));
  }
  return std::min(count, eligible);
}

Result<void> remove(disk::Disk& disk, const Doomed& doomed) {
  // All renames are safe before the first file goes: else a crash could bring back a segment without its transaction
  // index, or an older one beside a gap.
  std::set<std::string> directories;
  for (const auto& path : doomed.files) directories.insert(parent_of(path));
  for (const auto& directory : directories) {
    auto synced = disk.sync_directory(directory);
    if (!synced && synced.error().code != Errc::not_found) return synced;
  }
  for (const auto& path : doomed.files) {
    auto freed = free_in_slices(disk, path);
    if (!freed && freed.error().code != Errc::not_found) return freed;
  }
  return {};
}

void Log::keep(std::optional<Offset> from) { impl_->kept = from; }
std::optional<Offset> Log::kept() const { return impl_->kept; }

Result<Doomed> Log::retire(const Retention& policy, Offset below, Timestamp wall_now) {
  auto& impl = *impl_;
  if (impl.offline) return Failure(*impl.offline);
  below = std::min(below, impl.durable.end);
  // What lies before the start is gone, whoever points to it.
  if (impl.kept) below = std::min(below, std::max(*impl.kept, impl.start));
  std::vector<SegmentFacts> facts;
  for (const auto& segment : impl.segments) {
    if (segment->size == 0 && segment->active) break;
    const auto newest = segment->max_timestamp(impl.surroundings());
    if (!newest) return failure_of(newest);
    facts.push_back({segment->base, segment->next, segment->size, *newest});
  }
  impl.collect_damaged();
  const auto count = expendable(facts, policy, impl.start, below, wall_now);
  if (count == impl.segments.size()) {
    if (auto rolled = impl.roll(); !rolled) return failure_of(rolled);
  } else if (auto rolled = roll_if_due(wall_now); !rolled) {
    return failure_of(rolled);
  }
  Doomed doomed;
  if (count == 0) return doomed;
  // What stays must be findable after a crash before what goes disappears.
  if (!impl.dirty_directories.empty()) {
    if (auto synced = impl.disk.sync_directory(impl.directory); !synced) {
      return impl.go_offline(std::move(synced).error());
    }
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (auto renamed = impl.doom(*impl.segments.front(), doomed); !renamed) return failure_of(renamed);
    impl.segments.erase(impl.segments.begin());
    const Offset first = impl.segments.front()->base;
    impl.start = std::max(impl.start, first);
    if (impl.durable.segment_base < first) impl.durable = {std::max(impl.durable.end, first), first, 0};
  }
  impl.collect_damaged();
  return doomed;
}

/// Renames the batches: without them the other files of the segment are leftovers, which any start would drop.
Result<void> Log::Impl::doom(const Segment& segment, Doomed& doomed) {
  const auto path = segment.path(directory, FileKind::log);
  const auto deleted = path + std::string(deleted_suffix);
  if (auto renamed = disk.rename(path, deleted); !renamed) return renamed;
  doomed.files.push_back(deleted);
  for (const FileKind kind : file_kinds) {
    if (kind != FileKind::log) doomed.files.push_back(segment.path(directory, kind));
  }
  ++doomed.segments;
  doomed.bytes += segment.size;
  return {};
}

}  // namespace millrace::log
