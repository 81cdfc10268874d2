#include "millrace/log/log.hpp"

#include <algorithm>
#include <limits>

#include "log_impl.hpp"
#include "millrace/core/check.hpp"
#include "millrace/core/siphash.hpp"

namespace millrace::log {

namespace {

constexpr std::uint64_t KiB = 1024;
constexpr std::uint64_t MiB = 1024 * KiB;
constexpr std::int64_t relative_max = std::numeric_limits<std::int32_t>::max();

/// How far to reserve when `end` must fit: a quiet partition costs little, a busy one is rarely interrupted.
std::uint64_t reservation_for(std::uint64_t end) {
  for (const std::uint64_t step : {64 * KiB, MiB, 16 * MiB}) {
    if (end <= step) return step;
  }
  return (end + 64 * MiB - 1) / (64 * MiB) * (64 * MiB);
}

}  // namespace

Log::Log(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Log::~Log() = default;

Offset Log::start() const { return impl_->start; }
Offset Log::end() const { return impl_->end(); }
Offset Log::durable_end() const { return impl_->durable.end; }
std::size_t Log::segment_count() const { return impl_->segments.size(); }
const std::string& Log::directory() const { return impl_->directory; }
const std::vector<DamagedRange>& Log::damaged() const { return impl_->damaged; }
const std::optional<Error>& Log::offline() const { return impl_->offline; }
LeaderEpoch Log::latest_epoch() const { return impl_->epochs.latest(); }
void Log::take_offline(Error why) { (void)impl_->go_offline(std::move(why)); }

std::pair<LeaderEpoch, Offset> Log::end_of_epoch(LeaderEpoch epoch) const {
  return impl_->epochs.end_of(epoch, impl_->end());
}

void Log::set_config(const Config& config) { impl_->config = config; }

std::uint64_t Log::bytes() const {
  std::uint64_t total = 0;
  for (const auto& segment : impl_->segments) total += segment->size;
  return total;
}

Checkpoint Log::checkpoint() const {
  return {.start = impl_->start,
          .durable_end = impl_->durable.end,
          .segment_base = impl_->durable.segment_base,
          .segment_position = impl_->durable.position};
}

Result<void> Log::advance_start(Offset to) {
  if (to > impl_->durable.end) {
    return failure(Errc::invalid, "log start " + std::to_string(to.value()) + " would lie beyond the durable end " +
                                      std::to_string(impl_->durable.end.value()));
  }
  impl_->start = std::max(impl_->start, to);
  return {};
}

Result<void> Log::roll_if_due(Timestamp wall_now) {
  if (impl_->offline) return Failure(*impl_->offline);
  const auto due = impl_->is_due(wall_now);
  if (!due) return failure_of(due);
  return *due ? impl_->roll() : Result<void>{};
}

Result<Offset> Log::append(MutableBytes batch, LeaderEpoch epoch, Timestamp wall_now) {
  auto& impl = *impl_;
  if (impl.offline) return Failure(*impl.offline);
  if (batch.size() < record::header_bytes) return failure(Errc::invalid, "a batch has a header of 61 bytes");
  auto header = record::read_header(batch);
  if (header.size() != static_cast<std::int64_t>(batch.size()) || header.last_offset_delta < 0) {
    return failure(Errc::invalid, "the bytes to append are not one whole batch");
  }
  if (batch.size() > impl.segment_bytes_max()) {
    return failure(Errc::too_large, "a batch of " + std::to_string(batch.size()) + " bytes does not fit a segment of " +
                                        std::to_string(impl.segment_bytes_max()));
  }
  if (epoch < impl.epochs.latest()) {
    return failure(Errc::invalid, "leader epoch " + std::to_string(epoch) + " is below the latest, " +
                                      std::to_string(impl.epochs.latest()));
  }
  const Offset base = impl.end();
  const auto& full = impl.active();
  const auto due = impl.is_due(wall_now);
  if (!due) return failure_of(due);
  const auto index_entries_max = static_cast<std::size_t>(impl.config.index_bytes_max) / offset_entry_bytes;
  if (full.size > 0 && (*due || full.size + batch.size() > impl.segment_bytes_max() ||
                        base + header.last_offset_delta - full.base > relative_max ||
                        full.caches.offsets.entries().size() >= index_entries_max)) {
    if (const auto rolled = impl.roll(); !rolled) return failure_of(rolled);
  }
  if (epoch > impl.epochs.latest()) {
    if (const auto begun = impl.begin_epoch(epoch); !begun) return failure_of(begun);
  }
  auto& segment = impl.active();
  const auto file = segment.open_file(impl.surroundings());
  if (!file) return failure_of(file);
  if (const auto reserved = impl.reserve(segment, segment.size + batch.size()); !reserved) return failure_of(reserved);
  record::stamp(batch, base, epoch);
  if (auto written = (*file)->write_at(segment.size, batch); !written) {
    if (written.error().code != Errc::no_space) return impl.go_offline(std::move(written).error());
    // Part of the batch may stand there now. It is beyond the end and harmless, but frees space that others need.
    (void)(*file)->truncate(segment.size);
    segment.allocated = segment.size;
    return failure_of(written);
  }
  header.base_offset = base;
  header.leader_epoch = epoch;
  if (!segment.age_from) segment.age_from = wall_now;
  segment.wrote(header, impl.config.index_interval_bytes);
  segment.allocated = std::max(segment.allocated, segment.size);
  impl.mark_dirty(*file);
  return base;
}

Result<void> Log::close() {
  auto& impl = *impl_;
  if (impl.closed) return {};
  impl.closed = true;
  if (impl.offline) return Failure(*impl.offline);
  auto& segment = impl.active();
  if (segment.allocated > segment.size) {
    const auto file = segment.open_file(impl.surroundings());
    if (!file) return failure_of(file);
    if (auto trimmed = (*file)->truncate(segment.size); !trimmed) return impl.go_offline(std::move(trimmed).error());
    segment.allocated = segment.size;
    impl.mark_dirty(*file);
  }
  if (const auto ticket = prepare_flush()) {
    if (auto performed = perform(impl.disk, ticket->work); !performed) {
      return impl.go_offline(std::move(performed).error());
    }
    flushed(*ticket);
  }
  // Indexes are caches: where they cannot be written, the next start makes them anew.
  if (segment.size > 0 && !segment.sealed_on_disk) impl.seal(segment);
  impl.go_offline({Errc::offline, impl.directory + " is closed"});
  return {};
}

void Log::release_idle() {
  for (const auto& segment : impl_->segments) {
    const bool flushed = segment->next <= impl_->durable.end && impl_->dirty_files.empty();
    if (flushed) segment->release();
  }
}

std::size_t Log::Impl::index_of(Offset offset) const {
  const auto after = std::ranges::upper_bound(segments, offset, {}, [](const auto& segment) { return segment->base; });
  CHECK(after != segments.begin(), "offsets below the first segment are below the log start");
  return static_cast<std::size_t>(after - segments.begin()) - 1;
}

std::uint64_t Log::Impl::segment_bytes_max() const {
  // Positions in the index have 31 bits.
  return static_cast<std::uint64_t>(std::clamp<std::int64_t>(config.segment_bytes, 1, relative_max));
}

Failure Log::Impl::go_offline(Error why) {
  if (!offline) offline = Error{Errc::offline, directory + " is offline: " + why.message};
  return Failure(std::move(why));
}

Result<void> Log::Impl::reserve(Segment& segment, std::uint64_t end) {
  if (!config.preallocate || end <= segment.allocated) return {};
  const auto wanted = std::max(end, std::min(reservation_for(end), segment_bytes_max()));
  const auto file = segment.open_file(surroundings());
  if (!file) return failure_of(file);
  auto reserved = (*file)->allocate(wanted);
  if (reserved) {
    segment.allocated = wanted;
    return {};
  }
  // Near the end of the space a reservation fails while the batch itself still fits: the write decides.
  if (reserved.error().code == Errc::no_space) return {};
  return go_offline(std::move(reserved).error());
}

Result<void> Log::Impl::begin_epoch(LeaderEpoch epoch) {
  const auto file = disk.open(directory + "/" + std::string(epochs_name), disk::Open::create_or_write);
  if (!file) return failure_of(file);
  const Bytes entry = Epochs::encode({epoch, end()});
  if (auto written = (*file)->write_at(epochs_file_size, entry); !written) {
    if (written.error().code != Errc::no_space) return go_offline(std::move(written).error());
    (void)(*file)->truncate(epochs_file_size);
    return failure_of(written);
  }
  if (epochs_file_size == 0) mark_dirty_directory(directory);
  epochs_file_size += entry.size();
  epochs_known = true;
  epochs.add(epoch, end());
  mark_dirty(*file);
  return {};
}

Result<bool> Log::Impl::is_due(Timestamp wall_now) {
  auto& segment = active();
  if (segment.size == 0) return false;
  if (!segment.age_from) {
    // A segment of an earlier life: as old as its first batch says, which is a client's word and may lie ahead.
    segment.age_from = wall_now;
    const auto file = segment.open_file(surroundings());
    if (!file) return failure_of(file);
    HeaderWalk walk(**file, 0, segment.size, segment.base);
    const auto first = walk.here();
    if (first && *first && (*first)->max_timestamp >= 0) {
      segment.age_from = std::min(wall_now, (*first)->max_timestamp);
    }
  }
  return wall_now - *segment.age_from >= config.segment_ms - jitter_of(segment.base);
}

/// By how much sooner than others a segment is closed: the same at each start, another for each partition and segment.
std::int64_t Log::Impl::jitter_of(Offset base) const {
  const auto most = std::min(config.segment_jitter_ms, config.segment_ms);
  if (most <= 0) return 0;
  const auto hash = siphash128(as_bytes(directory), {static_cast<std::uint64_t>(base.value()), 0});
  return static_cast<std::int64_t>(hash.low % static_cast<std::uint64_t>(most));
}

Result<void> Log::Impl::add_segment(Offset base) {
  auto segment = std::make_unique<Segment>();
  segment->base = segment->next = base;
  segment->active = true;
  const auto path = segment->path(directory, FileKind::log);
  auto file = disk.open(path, disk::Open::create);
  if (!file && file.error().code == Errc::exists) {
    // An attempt that failed half-way may have left it; but nothing that holds bytes is ever taken over.
    file = disk.open(path, disk::Open::write);
    if (!file) return failure_of(file);
    const auto size = (*file)->size();
    if (!size) return failure_of(size);
    if (*size != 0) return failure(Errc::exists, path + " is there already and holds bytes");
  }
  if (!file) return failure_of(file);
  segment->file = *file;
  segments.push_back(std::move(segment));
  mark_dirty(*file);
  mark_dirty_directory(directory);
  return {};
}

Result<void> Log::Impl::roll() {
  auto& full = active();
  if (full.size == 0) return {};
  if (auto added = add_segment(full.next); !added) {
    const bool later = added.error().code == Errc::no_space || added.error().code == Errc::busy;
    return later ? added : go_offline(std::move(added).error());
  }
  full.active = false;
  if (full.allocated > full.size && full.file) {
    // A tail of zeros is harmless, should this fail.
    (void)full.file->truncate(full.size);
    mark_dirty(full.file);
  }
  full.allocated = full.size;
  // Index files are caches, and their absence only costs a scan.
  if (full.cached_from == 0) (void)full.write_indexes(surroundings());
  return {};
}

}  // namespace millrace::log
