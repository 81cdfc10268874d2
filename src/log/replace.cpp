// Where a pass of compaction meets its log: what it may work on, and how a rewritten segment takes the place of those
// that it was made of. Every step may be the last before a crash: docs/formats/compaction.md.

#include <algorithm>

#include "cleaning.hpp"
#include "log_impl.hpp"
#include "small_file.hpp"

namespace millrace::log {

namespace {

/// Never the segment that was flushed last, nor one behind it or behind damage: reading on behind damage could miss the
/// newest record of a key.
std::size_t closed_segments(const Log::Impl& impl, Offset below) {
  const auto open = std::ranges::find_if(impl.segments, [&](const auto& segment) {
    return segment->active || segment->base >= impl.durable.segment_base || segment->next > below ||
           !segment->damaged.empty();
  });
  return static_cast<std::size_t>(open - impl.segments.begin());
}

/// Of the first record at or above the mark, as its batch says.
Result<Timestamp> time_of_oldest(Log::Impl& impl, std::size_t closed, const CompactedMark& mark) {
  for (std::size_t i = 0; i < closed; ++i) {
    auto& segment = *impl.segments[i];
    if (segment.next <= mark.next) continue;
    const auto file = segment.open_file(impl.surroundings());
    if (!file) return failure_of(file);
    HeaderWalk walk(**file, 0, segment.size, segment.base);
    const auto first = walk.here();
    return first && *first ? (*first)->max_timestamp : no_timestamp;
  }
  return no_timestamp;
}

Result<std::vector<SegmentFacts>> facts_of(Log::Impl& impl, std::size_t closed, bool with_times) {
  std::vector<SegmentFacts> facts;
  for (std::size_t i = 0; i < closed; ++i) {
    auto& segment = *impl.segments[i];
    const auto newest = with_times ? segment.max_timestamp(impl.surroundings()) : no_timestamp;
    if (!newest) return failure_of(newest);
    facts.push_back({segment.base, segment.next, segment.size, *newest});
  }
  return facts;
}

const CompactedMark& mark_of(Log::Impl& impl) {
  if (!impl.compacted) {
    // Without a mark everything is dirty, which costs a pass and nothing else.
    impl.compacted = read_mark(impl.disk, impl.directory).value_or(CompactedMark{});
    if (impl.compacted->next > impl.durable.end) impl.compacted = CompactedMark{};
  }
  impl.compacted->next = std::max(impl.compacted->next, impl.segments.front()->base);
  return *impl.compacted;
}

}  // namespace

Result<std::optional<Cleaning>> Log::prepare_cleaning(const Compaction& policy, Offset below,
                                                      std::vector<LastBatch> producers, const CleaningLimits& limits,
                                                      Timestamp wall_now) {
  auto& impl = *impl_;
  if (!policy.enabled || impl.offline) return std::nullopt;
  if (impl.kept) below = std::min(below, *impl.kept);
  const auto closed = closed_segments(impl, std::min(below, impl.durable.end));
  if (closed == 0) return std::nullopt;
  const auto& mark = mark_of(impl);
  const auto facts = facts_of(impl, closed, policy.lag_ms_min > 0);
  if (!facts) return failure_of(facts);
  const bool bounded = policy.lag_ms_max < std::numeric_limits<std::int64_t>::max();
  const auto oldest = bounded ? time_of_oldest(impl, closed, mark) : no_timestamp;
  if (!oldest) return failure_of(oldest);
  const auto chosen = dirty(*facts, mark, policy, *oldest, wall_now);
  if (!chosen) return std::nullopt;

  auto pass = std::make_unique<Cleaning::Impl>();
  pass->directory = impl.directory;
  pass->epochs = impl.epochs;
  pass->index_interval_bytes = impl.config.index_interval_bytes;
  pass->segment_bytes_max = impl.segment_bytes_max();
  pass->dirty_ratio = chosen->ratio;
  pass->dirty_from = mark.next;
  pass->relies_on = impl.end();
  for (std::size_t i = 0; i < chosen->count; ++i) {
    auto& segment = *impl.segments[i];
    const auto file = segment.open_file(impl.surroundings());
    if (!file) return failure_of(file);
    pass->sources.push_back({segment.base, segment.next, segment.size, *file});
  }
  const Offset end = pass->sources.back().next;
  auto aborted_here = aborted(impl.segments.front()->base, end);
  if (!aborted_here) return failure_of(aborted_here);
  OffsetMap map(static_cast<std::uint64_t>(std::max<std::int64_t>(end - mark.next, 0)), limits.map_bytes,
                limits.hash_key);
  pass->keeper = std::make_unique<Keeper>(Keeper::Facts{.dirty_from = mark.next,
                                                        .producers = std::move(producers),
                                                        .aborted = std::move(*aborted_here),
                                                        .tombstone_ms = policy.tombstone_ms,
                                                        .wall_now = wall_now},
                                          std::move(map));
  return Cleaning(std::move(pass));
}

/// The segments that `group` was made from are still those of the log, and may go. Readers need their files until they
/// are replaced.
bool Log::Impl::hold(std::span<const Cleaning::Impl::Source> group) {
  if (offline || (kept && *kept < group.back().next)) return false;
  const auto first = std::ranges::find(segments, group.front().base, [](const auto& each) { return each->base; });
  if (static_cast<std::size_t>(segments.end() - first) < group.size()) return false;
  const bool same = std::equal(group.begin(), group.end(), first, [](const auto& source, const auto& segment) {
    return segment->base == source.base && segment->next == source.next && !segment->active;
  });
  if (!same) return false;
  for (std::size_t i = 0; i < group.size(); ++i) {
    auto& segment = *first[static_cast<std::ptrdiff_t>(i)];
    segment.file = group[i].file;
    segment.pinned = true;
  }
  return true;
}

void Log::Impl::let_go(std::span<const Cleaning::Impl::Source> group) {
  for (const auto& segment : segments) {
    if (segment->base >= group.front().base && segment->base < group.back().next) segment->pinned = false;
  }
}

/// Requires: hold(group), and the new segment was announced.
Result<void> Log::Impl::replace(std::span<const Cleaning::Impl::Source> group, Rewritten rewritten) {
  const SwapFile swap{group.front().base, group.back().next};
  const auto path = directory + "/" + file_name(swap.base, FileKind::log);
  if (auto renamed = disk.rename(directory + "/" + swap_name(swap), path); !renamed) {
    return go_offline(std::move(renamed).error());
  }
  mark_dirty_directory(directory);
  auto segment = std::make_unique<Segment>();
  segment->base = swap.base;
  segment->next = swap.next;
  segment->size = segment->allocated = segment->found_size = rewritten.size;
  segment->file = std::move(rewritten.file);
  segment->caches = std::move(rewritten.caches);
  segment->runs.push_back({0, rewritten.size, swap.base, swap.next});
  const auto first = std::ranges::find(segments, swap.base, [](const auto& each) { return each->base; });
  const auto last = first + static_cast<std::ptrdiff_t>(group.size());
  for (auto each = first; each != last; ++each) {
    if (!(*each)->aborted_loaded) segment->aborted_loaded = false;
    for (const auto& entry : (*each)->aborted.entries()) {
      if (!std::ranges::binary_search(rewritten.gone, entry.last_offset)) (void)segment->aborted.insert(entry);
    }
  }
  *first = std::move(segment);
  segments.erase(first + 1, last);
  recent = {};
  collect_damaged();
  auto& fresh = **first;
  seal(fresh);
  if (!fresh.sealed_on_disk) return {};
  fresh.caches = {};
  fresh.cached_from = fresh.size;
  return {};
}

Cleaning::Cleaning(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Cleaning::~Cleaning() = default;
Cleaning::Cleaning(Cleaning&&) noexcept = default;
Cleaning& Cleaning::operator=(Cleaning&&) noexcept = default;

double Cleaning::dirty_ratio() const { return impl_->dirty_ratio; }

/// Rewrites the group and puts the outcome in its place; false when the log is gone.
Result<bool> Cleaning::replace(disk::Disk& disk, const CleaningAccess& access, std::size_t at, std::size_t count) {
  const auto group = std::span<const Impl::Source>(impl_->sources).subspan(at, count);
  Result<std::shared_ptr<disk::File>> file;
  const auto path = impl_->cleaned_path(group);
  if (!access.named([&] { file = write_small_file(disk, path, {}); })) return false;
  if (!file) return failure_of(file);
  auto rewritten = impl_->rewrite(group, *file);
  Result<void> done;
  bool current = false;
  const bool there = access.named([&] {
    if (rewritten && *rewritten && (*rewritten)->changed) {
      access.locked([&](Log& log) { current = log.impl_->hold(group); });
    }
    if (!current) return (void)disk.remove_file(path);
    done = impl_->announce(disk, group);
    if (!done) {
      access.locked([&](Log& log) { log.impl_->let_go(group); });
      return (void)disk.remove_file(path);
    }
    done = impl_->clear(disk, group);
    access.locked([&](Log& log) {
      // Which of the two segments a crash would leave cannot be told any more: the next start finds out.
      if (!done) return log.take_offline(done.error());
      done = log.impl_->replace(group, std::move(**rewritten));
    });
  });
  if (!rewritten) return failure_of(rewritten);
  if (!done) return failure_of(done);
  if (!there || !*rewritten || ((*rewritten)->changed && !current)) return false;
  impl_->result.segments_before += group.size();
  impl_->result.segments_after += 1;
  for (const auto& source : group) impl_->result.bytes_before += source.size;
  impl_->result.bytes_after += (*rewritten)->size;
  return true;
}

/// Flushes what the pass relies on beside the records that it reads: the later batches of producers, and markers.
Result<void> Cleaning::settle(disk::Disk& disk, const CleaningAccess& access) {
  std::optional<FlushTicket> ticket;
  access.locked([&](Log& log) {
    if (log.durable_end() < impl_->relies_on) ticket = log.prepare_flush();
  });
  if (!ticket) return {};
  auto performed = perform(disk, ticket->work);
  if (!performed) access.locked([&](Log& log) { log.take_offline(performed.error()); });
  return performed;
}

Result<std::optional<Cleaned>> Cleaning::run(disk::Disk& disk, const CleaningAccess& access) {
  const auto failed = [&](const Error& error) {
    if (impl_->damage) {
      // Whoever reads there is told so, and the next pass stops before it.
      access.locked([&](Log& log) {
        auto& impl = *log.impl_;
        if (*impl_->damage >= impl.segments.front()->base)
          (void)impl.rescan(*impl.segments[impl.index_of(*impl_->damage)]);
      });
    }
    return Failure(error);
  };
  impl_->stopped = access.stopped;
  if (auto learned = impl_->learn(); !learned) return failed(learned.error());
  if (impl_->stopped()) return std::nullopt;
  if (auto settled = settle(disk, access); !settled) return failure_of(settled);
  for (std::size_t at = 0; at < impl_->sources.size() && impl_->sources[at].base < impl_->keeper->end();) {
    const auto count = impl_->group_at(at).size();
    const auto on = replace(disk, access, at, count);
    if (!on) return failed(on.error());
    if (!*on) return std::nullopt;
    at += count;
  }
  impl_->result.mark = {impl_->keeper->end(), impl_->keeper->latest_horizon()};
  Result<void> written;
  if (!access.named([&] { written = write_mark(disk, impl_->directory, impl_->result.mark); })) return std::nullopt;
  if (!written) return failure_of(written);
  access.locked([&](Log& log) { log.impl_->compacted = impl_->result.mark; });
  return std::move(impl_->result);
}

}  // namespace millrace::log
