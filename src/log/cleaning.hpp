#pragma once
// One pass of compaction at work. Under the log's lock it is made and takes the place of segments; in between it reads
// files that it holds open and writes one that nobody else knows.

#include "epochs.hpp"
#include "keeper.hpp"
#include "millrace/log/segment_format.hpp"
#include "rewriter.hpp"

namespace millrace::log {

struct Cleaning::Impl {
  struct Source {
    Offset base;
    Offset next;
    std::uint64_t size = 0;
    std::shared_ptr<disk::File> file;
  };
  using Sources = std::span<const Source>;

  std::string directory;
  std::vector<Source> sources;  ///< ascending, without a hole between them
  Epochs epochs;
  std::int32_t index_interval_bytes = 4096;
  std::uint64_t segment_bytes_max = 0;
  double dirty_ratio = 0;
  Offset dirty_from;
  Offset relies_on;  ///< everything below decides what stays, so it must not be lost any more
  std::unique_ptr<Keeper> keeper;
  std::optional<Offset> damage;  ///< where a batch could not be believed
  std::function<bool()> stopped;
  Cleaned result;

  /// The keys of everything that was not compacted yet, as far as they fit.
  [[nodiscard]] Result<void> learn();
  /// The sources from `at` on that one segment can hold.
  [[nodiscard]] Sources group_at(std::size_t at) const;
  /// Nothing when it was stopped.
  [[nodiscard]] Result<std::optional<Rewritten>> rewrite(Sources group, std::shared_ptr<disk::File> file);

  /// Reads on from the batch that begins `source`, verifying each, until `each` says so.
  using Each = std::function<Result<bool>(const record::BatchHeader&, ByteView)>;
  [[nodiscard]] Result<bool> walk(const Source& source, const Each& each);

  [[nodiscard]] std::string cleaned_path(Sources group) const;
  /// Gives the new segment a name that says what it replaces. Without success nothing has happened.
  [[nodiscard]] Result<void> announce(disk::Disk& disk, Sources group) const;
  /// From here on a crash leads to the new segment. Takes away what it replaces, all but the batches that it will be
  /// renamed over.
  [[nodiscard]] Result<void> clear(disk::Disk& disk, Sources group) const;
};

[[nodiscard]] Result<CompactedMark> read_mark(disk::Disk& disk, const std::string& directory);
[[nodiscard]] Result<void> write_mark(disk::Disk& disk, const std::string& directory, const CompactedMark& mark);

/// Finishes what announce() began, after a crash: as often as need be.
[[nodiscard]] Result<void> finish_swap(disk::Disk& disk, const std::string& directory, const SwapFile& swap,
                                       std::span<const SegmentFile> present);

}  // namespace millrace::log
