#pragma once
// The state of a Log, shared by the files that implement it: log.cpp writes, flush.cpp makes durable, read.cpp reads,
// lookup.cpp finds by time and transaction, recovery.cpp opens.

#include <array>

#include "cleaning.hpp"
#include "epochs.hpp"
#include "header_walk.hpp"
#include "millrace/log/log.hpp"
#include "segment.hpp"

namespace millrace::log {

struct Log::Impl {
  disk::Disk& disk;
  std::string directory;
  Config config;

  std::vector<std::unique_ptr<Segment>> segments;  ///< ascending, never empty; the last one is active
  Epochs epochs;
  bool epochs_known = false;  ///< false when there is no epoch file
  std::uint64_t epochs_file_size = 0;

  Offset start;
  std::optional<Offset> kept;  ///< somebody points to what lies there and above
  std::optional<Error> offline;
  bool closed = false;

  struct Durable {
    Offset end;
    Offset segment_base;
    std::uint64_t position = 0;
  } durable;
  std::uint64_t serial = 1;  ///< of the next ticket
  template <class T>
  struct Dirty {
    T what;
    std::uint64_t serial;  ///< of the first ticket that covers it
  };
  std::vector<Dirty<std::shared_ptr<disk::File>>> dirty_files;  ///< oldest first
  std::vector<Dirty<std::string>> dirty_directories;

  /// Where reads ended lately, so that a reader who goes on there need not be searched for.
  struct Place {
    Offset offset = no_offset;
    Offset segment_base = no_offset;
    std::uint64_t position = 0;
  };
  std::array<Place, 16> recent;
  std::size_t recent_next = 0;
  std::vector<DamagedRange> damaged;
  std::optional<CompactedMark> compacted;  ///< read when it is first asked for

  Impl(disk::Disk& on, std::string in, const Config& with) : disk(on), directory(std::move(in)), config(with) {}

  [[nodiscard]] std::int64_t jitter_of(Offset base) const;
  [[nodiscard]] Surroundings surroundings() { return {disk, directory, epochs, config.index_interval_bytes}; }
  [[nodiscard]] Segment& active() const { return *segments.back(); }
  [[nodiscard]] Offset end() const { return segments.back()->next; }
  /// Requires: offset >= base of the first segment.
  [[nodiscard]] std::size_t index_of(Offset offset) const;
  [[nodiscard]] std::uint64_t segment_bytes_max() const;

  void mark_dirty(const std::shared_ptr<disk::File>& file);
  void mark_dirty_directory(const std::string& path);
  Failure go_offline(Error why);

  // log.cpp
  [[nodiscard]] Result<void> reserve(Segment& segment, std::uint64_t end);
  [[nodiscard]] Result<void> begin_epoch(LeaderEpoch epoch);
  [[nodiscard]] Result<bool> is_due(Timestamp wall_now);
  [[nodiscard]] Result<void> roll();
  [[nodiscard]] Result<void> add_segment(Offset base);

  // flush.cpp
  [[nodiscard]] std::uint64_t unflushed_bytes() const;
  void seal_durable(Offset from);

  // epoch_rebuild.cpp
  /// Finds the epochs from batch headers. One that fewer than `support` batches show is taken for damage.
  [[nodiscard]] Result<void> rebuild_epochs(std::size_t support);
  [[nodiscard]] Result<void> write_epochs();

  // transactions.cpp
  [[nodiscard]] Result<void> load_aborted(Segment& segment);
  [[nodiscard]] Result<void> rebuild_aborted(Segment& segment);
  [[nodiscard]] Result<bool> is_abort(Segment& segment, Offset marker);
  /// Where the transaction of `producer` that ends at `marker` begins; nothing if it wrote nothing here.
  [[nodiscard]] Result<std::optional<Offset>> transaction_start(ProducerId producer, Offset marker);
  [[nodiscard]] Result<void> write_txn_index(const Segment& segment);
  /// Index files and seal of a segment whose bytes are all flushed; failing costs a scan later and nothing else.
  void seal(Segment& segment);

  // retention.cpp
  [[nodiscard]] Result<void> doom(const Segment& segment, Doomed& doomed);

  // replace.cpp
  [[nodiscard]] bool hold(std::span<const Cleaning::Impl::Source> group);
  void let_go(std::span<const Cleaning::Impl::Source> group);
  [[nodiscard]] Result<void> replace(std::span<const Cleaning::Impl::Source> group, Rewritten rewritten);

  // read.cpp
  /// Makes sure that `offset` lies in a run of `segment`; Errc::corrupt when it lies in a hole.
  [[nodiscard]] Result<void> serveable(Segment& segment, Offset offset);
  [[nodiscard]] Result<void> rescan(Segment& segment);
  /// To be called when `segment` may have more than `holes` holes now.
  [[nodiscard]] Result<void> noticed(Segment& segment, std::size_t holes);
  void collect_damaged();
  /// Where the batch that holds `offset` begins. Requires: serveable(offset).
  [[nodiscard]] Result<Place> locate(Segment& segment, Offset offset);
  [[nodiscard]] Result<Slice> cut(Segment& segment, const Place& begin, std::size_t max_bytes, Offset below,
                                  bool at_least_one);
  [[nodiscard]] Result<Slice> read(Offset from, std::size_t max_bytes, Offset below, bool at_least_one);
  void remember(const Segment& segment, Offset offset, std::uint64_t position);

  /// Calls `each` with every batch of the verified runs of `segment` from the one that holds `from`, stepping over
  /// holes; false when `each` said so.
  using Each = std::function<Result<bool>(const record::BatchHeader&, std::uint64_t position, const disk::File&)>;
  [[nodiscard]] Result<bool> walk(Segment& segment, Offset from, const Each& each);
  [[nodiscard]] Result<bool> walk_headers(Segment& segment, Offset from, const HeaderVisitor& each);
};

}  // namespace millrace::log
