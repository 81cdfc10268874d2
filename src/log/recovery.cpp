// Opening a log: what is there, what of it is whole, and where it goes on (docs/formats/segment.md).
//
// Every step may be cut short by a crash and is then done again from the beginning with the same outcome: what is cut
// is first copied aside, then segments behind the cut are moved away, last the file is shortened.

#include <algorithm>

#include "directory.hpp"
#include "log_impl.hpp"
#include "millrace/core/check.hpp"
#include "small_file.hpp"

namespace millrace::log {

namespace {

constexpr std::size_t scan_step = std::size_t{256} << 10;

class Recovery {
 public:
  Recovery(Log::Impl& impl, const std::optional<Checkpoint>& known, bool clean, RecoveryReport& report)
      : impl_(impl), known_(known), clean_(clean), report_(report) {}

  [[nodiscard]] Result<void> run() {
    auto listing = tidy(impl_.disk, impl_.directory);
    if (!listing) return failure_of(listing);
    listing_ = std::move(*listing);
    report_.set_aside = listing_.set_aside;
    if (known_ && !is_sane(*known_)) known_.reset();
    if (listing_.bases.empty()) return begin_empty();
    if (auto added = add_segments(); !added) return added;
    clean_ = clean_ && is_as_left();
    if (auto read = read_epochs(); !read) return read;
    impl_.start = impl_.segments.front()->base;
    if (known_) impl_.start = std::max(impl_.start, known_->start);
    if (clean_) {
      report_.clean = true;
      impl_.durable = {impl_.end(), impl_.active().base, impl_.active().size};
    } else if (auto recovered = recover(); !recovered) {
      return recovered;
    }
    impl_.start = std::min(impl_.start, impl_.end());
    impl_.collect_damaged();
    report_.damaged = impl_.damaged;
    return {};
  }

 private:
  [[nodiscard]] static bool is_sane(const Checkpoint& known) {
    return known.start.value() >= 0 && known.start <= known.durable_end && known.segment_base.value() >= 0 &&
           known.segment_base <= known.durable_end && known.durable_end <= offset_max;
  }

  [[nodiscard]] Result<void> begin_empty() {
    if (known_ && known_->start < known_->durable_end) {
      return failure(Errc::corrupt, impl_.directory + " holds no segment, but offsets " +
                                        std::to_string(known_->start.value()) + " to " +
                                        std::to_string(known_->durable_end.value() - 1) + " were flushed into it");
    }
    if (auto read = read_epochs(); !read) return read;
    const Offset at = known_ ? known_->durable_end : Offset(0);
    if (auto added = impl_.add_segment(at); !added) return added;
    impl_.mark_dirty_directory(parent());
    // Only its name must be made safe, for nothing is in it; the first batch opens it again.
    impl_.dirty_files.clear();
    impl_.active().file.reset();
    impl_.start = at;
    impl_.durable = {at, at, 0};
    report_.clean = clean_;
    // Epochs may have outlived the batches that they were for.
    return settle_epochs();
  }

  [[nodiscard]] std::string parent() const {
    const auto slash = impl_.directory.rfind('/');
    return slash == std::string::npos ? std::string() : impl_.directory.substr(0, slash);
  }

  [[nodiscard]] Result<void> read_epochs() {
    if (!listing_.has_epochs) return guess_epochs();
    const auto path = impl_.directory + "/" + std::string(epochs_name);
    if (auto settled = settle_small_file(path); !settled) return settled;
    const auto bytes = read_small_file(impl_.disk, path);
    if (!bytes) return failure_of(bytes);
    auto decoded = Epochs::decode(*bytes);
    impl_.epochs = std::move(decoded.epochs);
    impl_.epochs_known = decoded.whole;
    impl_.epochs_file_size = bytes->size();
    if (decoded.whole || impl_.segments.empty()) return {};
    if (auto rebuilt = impl_.rebuild_epochs(1); !rebuilt) return rebuilt;
    return clean_ ? settle_epochs() : Result<void>{};
  }

  /// Most logs never leave epoch 0 and have no file; one that did has lost it.
  [[nodiscard]] Result<void> guess_epochs() {
    const auto filled = std::ranges::find_if(impl_.segments.rbegin(), impl_.segments.rend(),
                                             [](const auto& s) { return s->size >= record::header_bytes; });
    if (filled == impl_.segments.rend()) return {};
    const auto file = (*filled)->open_file(impl_.surroundings());
    if (!file) return failure_of(file);
    HeaderWalk walk(**file, 0, (*filled)->size, (*filled)->base);
    const auto first = walk.here();
    (*filled)->file.reset();
    if (!first || !*first || (*first)->leader_epoch == 0) return {};
    if (auto rebuilt = impl_.rebuild_epochs(2); !rebuilt) return rebuilt;
    return clean_ ? settle_epochs() : Result<void>{};
  }

  [[nodiscard]] Result<void> add_segments() {
    for (const Offset base : listing_.bases) {
      auto segment = std::make_unique<Segment>();
      segment->base = segment->next = base;
      segment->aborted_loaded = false;
      const auto size = impl_.disk.size_of(segment->path(impl_.directory, FileKind::log));
      if (!size) return failure_of(size);
      segment->size = segment->found_size = segment->allocated = segment->cached_from = *size;
      if (!impl_.segments.empty()) impl_.segments.back()->next = base;
      impl_.segments.push_back(std::move(segment));
    }
    impl_.active().active = true;
    if (known_ && known_->segment_base == impl_.active().base) impl_.active().next = known_->durable_end;
    return {};
  }

  /// Nothing changed since close() wrote down how it left the log.
  [[nodiscard]] bool is_as_left() const {
    const auto& last = impl_.active();
    return known_ && last.base == known_->segment_base && last.size == known_->segment_position &&
           known_->durable_end >= last.base;
  }

  [[nodiscard]] Result<void> recover() {
    find_first();
    for (std::size_t i = first_; i < impl_.segments.size(); ++i) {
      if (auto scanned = recover_segment(i); !scanned) return scanned;
    }
    if (auto settled = settle_epochs(); !settled) return settled;
    auto& last = impl_.active();
    const bool behind_hole = ends_in_hole_;
    if (behind_hole) {
      last.active = false;
      last.file.reset();
      if (auto added = impl_.add_segment(last.next); !added) return added;
    }
    const bool new_names = behind_hole || impl_.segments.size() > first_ + 1;
    if (found_anything_ || new_names || listing_.changed) {
      if (auto synced = impl_.disk.sync_directory(impl_.directory); !synced) return synced;
    }
    // Before the first flush the very names of segment and directory may be unsafe.
    if (!known_ || known_->segment_position == 0) {
      impl_.mark_dirty_directory(impl_.directory);
      impl_.mark_dirty_directory(parent());
    }
    impl_.durable = {impl_.end(), impl_.active().base, impl_.active().size};
    seal_scanned();
    return {};
  }

  /// Segments that were read whole get their index files and their seal, so that nobody reads them whole again.
  void seal_scanned() {
    for (std::size_t i = first_; i + 1 < impl_.segments.size(); ++i) {
      auto& segment = *impl_.segments[i];
      segment.active = false;
      segment.file.reset();
      if (segment.cached_from != 0 || !segment.damaged.empty()) continue;
      if (!segment.write_indexes(impl_.surroundings())) continue;
      report_.rebuilt.push_back(file_name(segment.base, FileKind::index));
    }
    impl_.seal_durable(impl_.segments.front()->base);
  }

  /// Where scanning begins, and below which offset damage is rot.
  void find_first() {
    auto& segments = impl_.segments;
    durable_ = segments.front()->base;
    if (known_) {
      durable_ = std::max(durable_, known_->durable_end);
      const auto at = std::ranges::find(segments, known_->segment_base, [](const auto& s) { return s->base; });
      if (at != segments.end() && is_place_of(static_cast<std::size_t>(at - segments.begin()))) {
        first_ = static_cast<std::size_t>(at - segments.begin());
        begin_ = known_->segment_position;
        expected_ = known_->durable_end;
      } else {
        // The place is gone: look at everything that may have led to it.
        first_ = impl_.index_of(std::max(durable_, segments.front()->base));
        const auto before =
            std::ranges::upper_bound(segments, known_->segment_base, {}, [](const auto& s) { return s->base; });
        if (before != segments.begin()) first_ = static_cast<std::size_t>(before - segments.begin()) - 1;
        expected_ = segments[first_]->base;
      }
    } else {
      expected_ = segments.front()->base;
    }
    for (std::size_t i = first_; i < segments.size(); ++i) {
      const auto seal = segments[i]->read_seal(impl_.surroundings());
      if (seal) durable_ = std::max(durable_, seal->next);
    }
  }

  /// Is segment `i` still the one that the checkpoint speaks of? Compaction may have put another in its place since,
  /// but never in the place of the last one.
  [[nodiscard]] bool is_place_of(std::size_t i) const {
    const auto& segment = *impl_.segments[i];
    if (i + 1 == impl_.segments.size()) return segment.size >= known_->segment_position;
    if (segment.size <= known_->segment_position) {
      return segment.size == known_->segment_position && segment.next == known_->durable_end;
    }
    const auto file = impl_.disk.open(segment.path(impl_.directory, FileKind::log), disk::Open::read);
    if (!file) return false;
    HeaderWalk walk(**file, known_->segment_position, segment.size, known_->durable_end);
    const auto batch = walk.here();
    return batch && *batch;
  }

  [[nodiscard]] Result<void> recover_segment(std::size_t i) {
    auto& segment = *impl_.segments[i];
    const bool last = i + 1 == impl_.segments.size();
    if (i > first_) {
      begin_ = 0;
      expected_ = segment.base;
    }
    const auto file = open_for_recovery(segment);
    if (!file) return failure_of(file);
    if (auto settled = settle(segment, **file); !settled) return settled;
    const ScanRequest request{.file = **file,
                              .name = file_name(segment.base, FileKind::log),
                              .base = segment.base,
                              .begin = begin_,
                              .end = segment.size,
                              .expected = expected_,
                              .durable = durable_,
                              .next = last ? std::nullopt : std::optional(impl_.segments[i + 1]->base),
                              .index_interval_bytes = impl_.config.index_interval_bytes};
    auto scanned = scan(request, impl_.epochs, !impl_.epochs_known);
    if (!scanned) return failure_of(scanned);
    report_.scanned_bytes += scanned->scanned_bytes;
    if (scanned->torn) {
      if (auto cut = cut_off(i, **file, *scanned); !cut) return cut;
    }
    segment.caches = std::move(scanned->caches);
    segment.cached_from = begin_;
    segment.runs = std::move(scanned->runs);
    segment.damaged = std::move(scanned->holes);
    segment.next = scanned->next;
    segment.size = segment.found_size = scanned->position;
    segment.aborted_loaded = begin_ == 0 && !scanned->has_control && segment.damaged.empty();
    ends_in_hole_ = scanned->ends_in_hole;
    if (!segment.active) segment.allocated = segment.size;
    return {};
  }

  [[nodiscard]] Result<std::shared_ptr<disk::File>> open_for_recovery(Segment& segment) {
    segment.active = true;  // any segment may turn out to be the last
    segment.file.reset();
    return segment.open_file(impl_.surroundings());
  }

  /// Bytes behind the flushed mark may lie in memory only, or be what a failed flush left there: write them, then
  /// forget them, so that what is read next is what the device has.
  [[nodiscard]] Result<void> settle(const Segment& segment, disk::File& file) {
    if (segment.size <= begin_) return {};
    Window window(file, segment.size, scan_step);
    const auto nonzero = end_of_nonzero(window, begin_, begin_ + torn_bytes_max);
    if (!nonzero) return failure_of(nonzero);
    if (*nonzero == begin_) return {};
    found_anything_ = true;
    if (auto synced = file.sync_data(); !synced) return synced;
    file.forget_cached(begin_);
    return {};
  }

  /// The same for a small file on which durable records will depend.
  [[nodiscard]] Result<void> settle_small_file(const std::string& path) {
    if (clean_) return {};
    const auto file = impl_.disk.open(path, disk::Open::write);
    if (!file) return failure_of(file);
    if (auto synced = (*file)->sync_data(); !synced) return synced;
    (*file)->forget_cached(0);
    return {};
  }

  [[nodiscard]] Result<void> cut_off(std::size_t i, disk::File& file, const Scanned& scanned) {
    found_anything_ = true;
    if (scanned.torn_end > scanned.position) keep_aside(file, scanned);
    // Nothing behind the cut was acknowledged. It goes before the cut is made: a crash in between finds the same cut.
    while (impl_.segments.size() > i + 1) {
      const Segment& behind = impl_.active();
      for (const FileKind kind : file_kinds) {
        const auto name = file_name(behind.base, kind);
        if (kind == FileKind::log && behind.size > 0 && set_aside(impl_.disk, impl_.directory, name)) {
          report_.set_aside.push_back(name);
          continue;
        }
        auto removed = impl_.disk.remove_file(impl_.directory + "/" + name);
        if (!removed && removed.error().code != Errc::not_found) return removed;
      }
      report_.cut_bytes += behind.size;
      impl_.segments.pop_back();
    }
    if (auto synced = impl_.disk.sync_directory(impl_.directory); !synced) return synced;
    report_.cut_bytes += scanned.torn_end - scanned.position;
    report_.cut_at = scanned.next;
    auto& segment = *impl_.segments[i];
    segment.allocated = scanned.position;
    if (auto cut = file.truncate(scanned.position); !cut) return cut;
    return file.sync_data();
  }

  /// At most one torn tail is kept, and failing to keep it is no reason not to open.
  void keep_aside(const disk::File& file, const Scanned& scanned) {
    for (const auto& name : listing_.torn) (void)impl_.disk.remove_file(impl_.directory + "/" + name);
    Bytes tail(static_cast<std::size_t>(std::min(scanned.torn_end - scanned.position, torn_bytes_max)));
    const auto got = file.read_at(scanned.position, tail);
    if (!got) return;
    tail.resize(*got);
    const auto name = std::string(torn_prefix) + digits_of(scanned.next);
    const auto kept = write_small_file(impl_.disk, impl_.directory + "/" + name, tail);
    if (kept) (void)(*kept)->sync_data();
  }

  /// The epoch file says nothing about what was cut, and all that was learned.
  [[nodiscard]] Result<void> settle_epochs() {
    const bool cut = impl_.epochs.cut(impl_.end());
    const bool whole = impl_.epochs_known || !listing_.has_epochs;
    if (whole && !cut && impl_.epochs.encode().size() == impl_.epochs_file_size) return {};
    report_.rebuilt.emplace_back(epochs_name);
    return impl_.write_epochs();
  }

  Log::Impl& impl_;
  std::optional<Checkpoint> known_;
  bool clean_;
  RecoveryReport& report_;
  Listing listing_;
  std::size_t first_ = 0;
  std::uint64_t begin_ = 0;
  Offset expected_;
  Offset durable_;
  bool ends_in_hole_ = false;
  bool found_anything_ = false;
};

}  // namespace

Result<Log::Opened> Log::open(disk::Disk& disk, std::string directory, const Config& config,
                              const std::optional<Checkpoint>& known, bool clean) {
  auto impl = std::make_unique<Impl>(disk, std::move(directory), config);
  RecoveryReport report;
  if (auto opened = Recovery(*impl, known, clean, report).run(); !opened) return failure_of(opened);
  return Opened{std::unique_ptr<Log>(new Log(std::move(impl))), std::move(report)};
}

}  // namespace millrace::log
