#include "segment.hpp"

#include <algorithm>
#include <limits>

#include "millrace/core/check.hpp"
#include "millrace/core/crc32c.hpp"
#include "small_file.hpp"

namespace millrace::log {

namespace {

constexpr std::size_t verify_step = std::size_t{256} << 10;
constexpr Offset beyond_all{std::numeric_limits<std::int64_t>::max()};

}  // namespace

std::string Segment::path(const std::string& directory, FileKind kind) const {
  return directory + "/" + file_name(base, kind);
}

Result<std::shared_ptr<disk::File>> Segment::open_file(const Surroundings& in) {
  if (file) return file;
  auto opened = in.disk.open(path(in.directory, FileKind::log), active ? disk::Open::write : disk::Open::read);
  // To a reader, not_found means an offset outside the log; a segment file that vanished is something else.
  if (!opened && opened.error().code == Errc::not_found) return failure(Errc::io, opened.error().message);
  if (opened) file = *opened;
  return opened;
}

std::optional<Seal> Segment::read_seal(const Surroundings& in) const {
  const auto bytes = read_small_file(in.disk, path(in.directory, FileKind::seal));
  if (!bytes) return std::nullopt;
  const auto seal = Seal::decode(*bytes);
  if (!seal || seal->base != base || seal->next < base || seal->next > offset_max) return std::nullopt;
  return *seal;
}

bool Segment::load_from_files(const Surroundings& in) {
  const auto seal = read_seal(in);
  if (!seal || seal->size != cached_from) return false;
  const auto index_bytes = read_small_file(in.disk, path(in.directory, FileKind::index));
  if (!index_bytes || crc32c(*index_bytes) != seal->index_crc) return false;
  const auto time_bytes = read_small_file(in.disk, path(in.directory, FileKind::time_index));
  if (!time_bytes || crc32c(*time_bytes) != seal->time_index_crc) return false;
  auto offsets = OffsetIndex::decode(*index_bytes);
  auto times = TimeIndex::decode(*time_bytes);
  if (!offsets || !times) return false;
  Caches earlier{.offsets = std::move(*offsets),
                 .times = std::move(*times),
                 .max_timestamp = seal->max_timestamp,
                 .max_timestamp_offset = seal->max_timestamp_offset};
  caches.prepend(std::move(earlier));
  cached_from = 0;
  return true;
}

Result<void> Segment::load(const Surroundings& in) {
  if (cached_from == 0 || load_from_files(in)) return {};
  return rescan(in);
}

Result<Timestamp> Segment::max_timestamp(const Surroundings& in) {
  if (cached_from != 0) {
    const auto seal = read_seal(in);
    if (seal && seal->size == cached_from) return std::max(seal->max_timestamp, caches.max_timestamp);
    if (auto loaded = load(in); !loaded) return failure_of(loaded);
  }
  return caches.max_timestamp;
}

Result<void> Segment::rescan(const Surroundings& in) {
  const auto opened = open_file(in);
  if (!opened) return failure_of(opened);
  const ScanRequest request{.file = **opened,
                            .name = file_name(base, FileKind::log),
                            .base = base,
                            .begin = 0,
                            .end = size,
                            .expected = base,
                            .durable = beyond_all,
                            .next = next,
                            .index_interval_bytes = in.index_interval_bytes};
  auto scanned = scan(request, in.epochs, false);
  if (!scanned) return failure_of(scanned);
  caches = std::move(scanned->caches);
  cached_from = 0;
  runs = std::move(scanned->runs);
  damaged = std::move(scanned->holes);
  if (!active && !scanned->ends_in_hole) size = scanned->position;
  return {};
}

const DamagedRange* Segment::hole_at(Offset offset) const {
  const auto after = std::ranges::upper_bound(damaged, offset, {}, &DamagedRange::first);
  if (after == damaged.begin()) return nullptr;
  const auto& hole = *std::prev(after);
  return offset < hole.next ? &hole : nullptr;
}

Run* Segment::run_at(Offset offset) {
  const auto after = std::ranges::upper_bound(runs, offset, {}, &Run::first);
  if (after == runs.begin()) return nullptr;
  auto& run = *std::prev(after);
  return offset < run.next ? &run : nullptr;
}

Result<void> Segment::verify(const Surroundings& in, Offset offset) {
  CHECK(offset >= base && offset < next, "the caller has chosen the segment by the offset");
  const auto known = [&] { return run_at(offset) != nullptr || hole_at(offset) != nullptr; };
  if (known()) return {};
  const auto from = boundary(in, offset);
  if (!from) return failure_of(from);
  if (*from && !known()) {
    Run run{(*from)->position, (*from)->position, (*from)->offset, (*from)->offset};
    const auto whole = extend(in, run, offset, 0);
    if (!whole) return failure_of(whole);
    if (*whole) add_run(run);
  }
  if (known()) return {};
  if (auto scanned = rescan(in); !scanned) return scanned;
  CHECK(known(), "a scan accounts for every offset of the segment");
  return {};
}

Result<void> Segment::verify_through(const Surroundings& in, Offset offset, std::uint64_t position) {
  const Run* const known = run_at(offset);
  CHECK(known != nullptr, "verify() comes first");
  if (known->end >= std::min(position, size) || known->next == next || hole_at(known->next) != nullptr) return {};
  Run run = *known;
  const auto whole = extend(in, run, offset, position);
  if (!whole) return failure_of(whole);
  if (*whole) {
    add_run(run);
    return {};
  }
  return rescan(in);
}

Result<std::optional<Segment::Boundary>> Segment::boundary(const Surroundings& in, Offset offset) {
  if (auto loaded = load(in); !loaded) return failure_of(loaded);
  Boundary nearest{0, base};
  if (const Run* const run = run_at(offset)) {
    nearest = {run->begin, run->first};
  } else if (const auto later = std::ranges::upper_bound(runs, offset, {}, &Run::next); later != runs.begin()) {
    nearest = {std::prev(later)->end, std::prev(later)->next};
  }
  const auto entry = caches.offsets.floor_offset(offset - base);
  if (!entry || static_cast<std::uint64_t>(entry->position) <= nearest.position) return nearest;
  const auto opened = open_file(in);
  if (!opened) return failure_of(opened);
  const auto at = static_cast<std::uint64_t>(entry->position);
  Window window(**opened, size, record::header_bytes);
  const auto bytes = window.at(at, record::header_bytes);
  if (!bytes) return failure_of(bytes);
  if (bytes->size() < record::header_bytes) return std::nullopt;
  const auto header = record::read_header(*bytes);
  const bool true_to_entry = header.last_offset_delta >= 0 && header.last_offset() == base + entry->last_offset &&
                             header.base_offset >= nearest.offset && header.base_offset <= offset;
  if (!true_to_entry) return std::nullopt;
  return Boundary{at, header.base_offset};
}

/// Moves the end of `run` on until it holds `offset` and reaches `position`, or to where other knowledge begins. False
/// when it meets damage.
Result<bool> Segment::extend(const Surroundings& in, Run& run, Offset offset, std::uint64_t position) {
  const auto opened = open_file(in);
  if (!opened) return failure_of(opened);
  const auto later = std::ranges::find_if(runs, [&](const Run& other) { return other.begin >= run.end; });
  const auto limit = later == runs.end() ? size : later->begin;
  Window window(**opened, limit, verify_step);
  while (run.next <= offset || run.end < position) {
    if (run.next == next) return true;
    if (run.end >= limit) return later != runs.end() && run.next == later->first;
    auto judged = judge(window, run.end, run.next, in.epochs);
    if (!judged) return failure_of(judged);
    if (!judged->batch || judged->batch->next_offset() > next) return false;
    run.end += static_cast<std::uint64_t>(judged->batch->size());
    run.next = judged->batch->next_offset();
  }
  return true;
}

void Segment::add_run(const Run& run) {
  if (run.begin == run.end) return;
  // What the new run covers is dropped, what touches it is joined.
  Run joined = run;
  std::erase_if(runs, [&](const Run& other) {
    const bool touches = other.begin <= joined.end && joined.begin <= other.end;
    if (!touches) return false;
    if (other.begin < joined.begin) joined = {other.begin, joined.end, other.first, joined.next};
    if (other.end > joined.end) joined = {joined.begin, other.end, joined.first, other.next};
    return true;
  });
  runs.insert(std::ranges::upper_bound(runs, joined.begin, {}, &Run::begin), joined);
}

void Segment::wrote(const record::BatchHeader& batch, std::int32_t index_interval_bytes) {
  caches.add(batch, size, base, index_interval_bytes);
  const auto end = size + static_cast<std::uint64_t>(batch.size());
  if (!runs.empty() && runs.back().end == size) {
    runs.back().end = end;
    runs.back().next = batch.next_offset();
  } else {
    runs.push_back({size, end, batch.base_offset, batch.next_offset()});
  }
  size = end;
  next = batch.next_offset();
  indexes_on_disk = false;
  sealed_on_disk = false;
}

Result<void> Segment::write_indexes(const Surroundings& in) {
  if (cached_from != 0) return failure(Errc::not_found, "the caches of " + digits_of(base) + " are not loaded");
  caches.finish(base);
  const auto offsets = write_small_file(in.disk, path(in.directory, FileKind::index), caches.offsets.encode());
  if (!offsets) return failure_of(offsets);
  const auto times = write_small_file(in.disk, path(in.directory, FileKind::time_index), caches.times.encode());
  if (!times) return failure_of(times);
  indexes_on_disk = true;
  return {};
}

Result<void> Segment::write_seal(const Surroundings& in) {
  const Seal seal{.base = base,
                  .next = next,
                  .size = size,
                  .max_timestamp = caches.max_timestamp,
                  .max_timestamp_offset = caches.max_timestamp_offset,
                  .index_crc = crc32c(caches.offsets.encode()),
                  .time_index_crc = crc32c(caches.times.encode()),
                  .txn_index_crc = crc32c(aborted.encode())};
  CHECK(aborted_loaded, "a seal speaks of all that belongs to the segment");
  const auto written = write_small_file(in.disk, path(in.directory, FileKind::seal), seal.encode());
  if (!written) return failure_of(written);
  sealed_on_disk = true;
  return {};
}

void Segment::release() {
  if (pinned) return;
  file.reset();
  if (!sealed_on_disk || cached_from != 0) return;
  caches = {};
  cached_from = size;
}

}  // namespace millrace::log
