// Reading: from an offset to a range of a file, over verified bytes only.

#include <algorithm>

#include "log_impl.hpp"
#include "millrace/core/check.hpp"

namespace millrace::log {

namespace {

constexpr std::size_t walk_step = std::size_t{256} << 10;

std::string offset_text(Offset offset) { return std::to_string(offset.value()); }

Slice nothing_at(Offset offset) {
  Slice slice;
  slice.first = slice.next = offset;
  return slice;
}

/// Batches without records are all header, so a length that they cannot add up to is answer enough.
Result<bool> is_without_records(const Slice& slice) {
  if (slice.length % record::header_bytes != 0) return false;
  HeaderWalk walk(*slice.file, slice.position, slice.position + slice.length, slice.first);
  for (;;) {
    const auto batch = walk.here();
    if (!batch) return failure_of(batch);
    if (!*batch) return true;
    if ((*batch)->record_count > 0) return false;
    walk.advance(**batch);
  }
}

}  // namespace

void Log::Impl::collect_damaged() {
  damaged.clear();
  for (const auto& segment : segments) {
    damaged.insert(damaged.end(), segment->damaged.begin(), segment->damaged.end());
  }
}

Result<void> Log::Impl::rescan(Segment& segment) {
  auto scanned = segment.rescan(surroundings());
  collect_damaged();
  return scanned;
}

Result<void> Log::Impl::noticed(Segment& segment, std::size_t holes) {
  if (segment.damaged.size() == holes) return {};
  if (!epochs_known) {
    // Without its file, epochs may be what is wrong and not the batches.
    constexpr std::size_t not_a_flipped_bit = 2;
    const auto before = epochs.entries().size();
    if (auto rebuilt = rebuild_epochs(not_a_flipped_bit); !rebuilt) return rebuilt;
    if (epochs.entries().size() != before) {
      if (auto written = write_epochs(); !written) return written;
      return rescan(segment);
    }
  }
  collect_damaged();
  return {};
}

Result<void> Log::Impl::serveable(Segment& segment, Offset offset) {
  const auto holes = segment.damaged.size();
  if (auto verified = segment.verify(surroundings(), offset); !verified) return verified;
  if (auto taken = noticed(segment, holes); !taken) return taken;
  if (const auto* const hole = segment.hole_at(offset)) {
    return failure(Errc::corrupt, directory + "/" + hole->segment + ": offsets " + offset_text(hole->first) + " to " +
                                      offset_text(hole->next - 1) + " are damaged: " + hole->reason);
  }
  return {};
}

Result<Log::Impl::Place> Log::Impl::locate(Segment& segment, Offset offset) {
  for (const Place& place : recent) {
    if (place.offset == offset && place.segment_base == segment.base) return place;
  }
  const auto from = segment.boundary(surroundings(), offset);
  if (!from) return failure_of(from);
  const Run* const run = segment.run_at(offset);
  const auto moved = failure(Errc::corrupt, "offset " + offset_text(offset) + " is not where it was");
  if (!*from || run == nullptr) return moved;
  const auto file = segment.open_file(surroundings());
  if (!file) return failure_of(file);
  HeaderWalk walk(**file, (*from)->position, run->end, (*from)->offset);
  for (;;) {
    const auto batch = walk.here();
    if (!batch) return failure_of(batch);
    if (!*batch) return moved;
    if ((*batch)->next_offset() > offset) return Place{(*batch)->base_offset, segment.base, walk.position()};
    walk.advance(**batch);
  }
}

void Log::Impl::remember(const Segment& segment, Offset offset, std::uint64_t position) {
  recent[recent_next] = {offset, segment.base, position};
  recent_next = (recent_next + 1) % recent.size();
}

/// The slice from the batch at `position` to the last batch boundary that both limits allow.
Result<Slice> Log::Impl::cut(Segment& segment, const Place& begin, std::size_t max_bytes, Offset below,
                             bool at_least_one) {
  const auto file = segment.open_file(surroundings());
  if (!file) return failure_of(file);
  const Run* const run = segment.run_at(begin.offset);
  CHECK(run != nullptr, "only verified bytes are sent");
  const auto position = begin.position;
  const auto room_end = max_bytes >= run->end - position ? run->end : position + max_bytes;
  Slice slice{.file = *file, .position = position, .first = begin.offset, .next = begin.offset};
  const auto ends_at = [&](std::uint64_t end, Offset next) {
    slice.length = static_cast<std::size_t>(end - position);
    slice.next = next;
    remember(segment, next, end);
    return slice;
  };
  if (room_end == run->end && run->next <= below) return ends_at(run->end, run->next);
  const bool to_durable = below == durable.end && segment.base == durable.segment_base;
  if (to_durable && room_end >= durable.position && durable.position > position) {
    return ends_at(durable.position, durable.end);
  }
  auto walk_from = position;
  if (segment.cached_from == 0) {
    const auto by_position = segment.caches.offsets.floor_position(room_end);
    const auto by_offset = segment.caches.offsets.floor_offset(below - 1 - segment.base);
    if (by_position && by_offset) {
      walk_from = std::max(walk_from, static_cast<std::uint64_t>(std::min(by_position->position, by_offset->position)));
    }
  }
  Window window(**file, run->end, record::header_bytes);
  const auto bytes = window.at(walk_from, record::header_bytes);
  if (!bytes) return failure_of(bytes);
  if (bytes->size() < record::header_bytes) return failure(Errc::corrupt, "the segment is shorter than it was");
  HeaderWalk walk(**file, walk_from, run->end, record::read_header(*bytes).base_offset);
  for (;;) {
    const auto batch = walk.here();
    if (!batch) return failure_of(batch);
    if (!*batch || (*batch)->next_offset() > below) break;
    const auto end = walk.position() + static_cast<std::uint64_t>((*batch)->size());
    const bool first = walk.position() == position;
    if (end > room_end && !(first && at_least_one)) break;
    walk.advance(**batch);
    if (end >= room_end) break;
  }
  if (walk.position() == position) return nothing_at(begin.offset);
  return ends_at(walk.position(), walk.expected());
}

Result<Slice> Log::Impl::read(Offset from, std::size_t max_bytes, Offset below, bool at_least_one) {
  auto& segment = *segments[index_of(from)];
  if (auto ready = serveable(segment, from); !ready) return failure_of(ready);
  const auto begin = locate(segment, from);
  if (!begin) return failure_of(begin);
  const auto wanted_end = max_bytes >= segment.size - begin->position ? segment.size : begin->position + max_bytes;
  const auto holes = segment.damaged.size();
  if (auto more = segment.verify_through(surroundings(), from, wanted_end); !more) return failure_of(more);
  if (auto taken = noticed(segment, holes); !taken) return failure_of(taken);
  if (segment.run_at(from) == nullptr) return failure(Errc::corrupt, "offset " + offset_text(from) + " is damaged");
  return cut(segment, *begin, max_bytes, below, at_least_one);
}

Result<Slice> Log::read(Offset from, std::size_t max_bytes, Offset below, bool at_least_one) {
  auto& impl = *impl_;
  if (from < impl.start || from > impl.end()) {
    return failure(Errc::not_found, "offset " + offset_text(from) + " is outside the log, which has " +
                                        offset_text(impl.start) + " to " + offset_text(impl.end()));
  }
  below = std::min(below, impl.end());
  if (from >= below) return nothing_at(from);
  auto slice = read_here(from, max_bytes, below, at_least_one);
  // Batches without records tell a reader nothing but to ask again, and some readers take them for the end of the log.
  while (slice && slice->length > 0 && slice->next < below) {
    const auto is_hollow = is_without_records(*slice);
    if (!is_hollow || !*is_hollow) break;
    auto behind = read_here(slice->next, max_bytes, below, at_least_one);
    if (!behind || behind->length == 0) break;
    slice = std::move(behind);
  }
  return slice;
}

Result<Slice> Log::read_here(Offset from, std::size_t max_bytes, Offset below, bool at_least_one) {
  auto& impl = *impl_;
  auto slice = impl.read(from, max_bytes, below, at_least_one);
  if (slice || slice.error().code != Errc::corrupt) return slice;
  // Bytes that were right once are not any more: look at the whole segment, then serve what is still good.
  auto& segment = *impl.segments[impl.index_of(from)];
  if (segment.hole_at(from) != nullptr) return slice;
  if (auto scanned = impl.rescan(segment); !scanned) return failure_of(scanned);
  return impl.read(from, max_bytes, below, at_least_one);
}

Result<bool> Log::Impl::walk(Segment& segment, Offset from, const Each& each) {
  while (from < segment.next) {
    if (const auto ready = serveable(segment, from); !ready) {
      if (ready.error().code != Errc::corrupt) return failure_of(ready);
      from = segment.hole_at(from)->next;
      continue;
    }
    const auto begin = locate(segment, from);
    if (!begin) return failure_of(begin);
    const auto holes = segment.damaged.size();
    const auto wanted_end = begin->position + walk_step;
    if (auto more = segment.verify_through(surroundings(), from, wanted_end); !more) return failure_of(more);
    if (auto taken = noticed(segment, holes); !taken) return failure_of(taken);
    const Run* const found = segment.run_at(from);
    if (found == nullptr) continue;
    const Run run = *found;
    const auto file = segment.open_file(surroundings());
    if (!file) return failure_of(file);
    HeaderWalk headers(**file, begin->position, run.end, begin->offset);
    for (;;) {
      const auto batch = headers.here();
      if (!batch) return failure_of(batch);
      if (!*batch) break;
      const auto on = each(**batch, headers.position(), **file);
      if (!on) return failure_of(on);
      if (!*on) return false;
      headers.advance(**batch);
    }
    remember(segment, run.next, run.end);
    from = run.next;
  }
  return true;
}

/// Headers need not be verified to be walked: that they follow each other is check enough, and where they do not, a
/// scan tells why.
Result<bool> Log::Impl::walk_headers(Segment& segment, Offset from, const HeaderVisitor& each) {
  bool scanned = false;
  while (from < segment.next) {
    if (const auto* const hole = segment.hole_at(from)) {
      from = hole->next;
      continue;
    }
    const auto place = segment.boundary(surroundings(), from);
    if (!place) return failure_of(place);
    if (segment.hole_at(from) != nullptr) continue;
    if (*place) {
      const auto file = segment.open_file(surroundings());
      if (!file) return failure_of(file);
      const auto hole = std::ranges::find_if(segment.damaged, [&](const auto& range) { return range.first > from; });
      HeaderWalk walk(**file, (*place)->position, hole == segment.damaged.end() ? segment.size : hole->position,
                      (*place)->offset);
      while (walk.expected() < segment.next) {
        const auto batch = walk.here();
        if (!batch && batch.error().code != Errc::corrupt) return failure_of(batch);
        if (!batch || !*batch) break;
        if ((*batch)->next_offset() > from && !each(**batch)) return false;
        walk.advance(**batch);
        from = std::max(from, walk.expected());
      }
      if (from >= segment.next || segment.hole_at(from) != nullptr) continue;
    }
    if (scanned) return failure(Errc::corrupt, "offset " + offset_text(from) + " is not where it was");
    if (auto done = rescan(segment); !done) return failure_of(done);
    scanned = true;
  }
  return true;
}

Result<void> Log::walk_headers(Offset from, const HeaderVisitor& each) {
  auto& impl = *impl_;
  from = std::max(from, impl.start);
  if (from >= impl.end()) return {};
  for (std::size_t i = impl.index_of(from); i < impl.segments.size(); ++i) {
    auto& segment = *impl.segments[i];
    const auto on = impl.walk_headers(segment, std::max(from, segment.base), each);
    if (!on) return failure_of(on);
    if (!*on) break;
  }
  return {};
}

Result<void> Log::walk(Offset from, const BatchVisitor& each) {
  auto& impl = *impl_;
  from = std::max(from, impl.start);
  if (from >= impl.end()) return {};
  for (std::size_t i = impl.index_of(from); i < impl.segments.size(); ++i) {
    auto& segment = *impl.segments[i];
    std::optional<Window> window;
    const auto visit = [&](const record::BatchHeader& batch, std::uint64_t position,
                           const disk::File& file) -> Result<bool> {
      if (!window) window.emplace(file, segment.size, walk_step);
      const auto bytes = window->at(position, static_cast<std::size_t>(batch.size()));
      if (!bytes) return failure_of(bytes);
      return each(batch, *bytes);
    };
    const auto on = impl.walk(segment, std::max(from, segment.base), visit);
    if (!on) return failure_of(on);
    if (!*on) break;
  }
  return {};
}

}  // namespace millrace::log
