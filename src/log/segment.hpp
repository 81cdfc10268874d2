#pragma once
// One segment: a file of batches with the offsets [base, next), and what is known about it.
//
// Three kinds of knowledge, kept apart. *Caches* cover the bytes [cached_from, size); a log that was just opened has
// not looked at all, and load() brings cached_from to 0, from the index files if their seal vouches for them, else by
// a scan. *Runs* are bytes whose every batch was verified or written by this process; only they are served. *Holes*
// are damaged ranges. Files are opened on first use and may be let go at any time when nothing is unflushed.
// Owned by its log.

#include <memory>
#include <string>
#include <vector>

#include "caches.hpp"
#include "millrace/disk/disk.hpp"
#include "millrace/log/recovery.hpp"
#include "millrace/log/segment_format.hpp"
#include "scan.hpp"
#include "seal.hpp"
#include "transaction_index.hpp"

namespace millrace::log {

/// What a segment needs of its log to read its own file. Borrowed for a call.
struct Surroundings {
  disk::Disk& disk;
  const std::string& directory;
  Epochs& epochs;
  std::int32_t index_interval_bytes = 4096;
};

struct Segment {
  Offset base;
  Offset next;             ///< base of the segment after it, or log end
  std::uint64_t size = 0;  ///< end of the batches; behind it may lie reserved zeros
  bool active = false;

  std::shared_ptr<disk::File> file;
  bool pinned = false;          ///< the name is about to be another's: only the open file will do
  std::uint64_t allocated = 0;  ///< size of the file, active segment only

  Caches caches;
  std::uint64_t cached_from = 0;
  std::vector<Run> runs;              ///< ascending
  std::vector<DamagedRange> damaged;  ///< ascending

  TransactionIndex aborted;
  bool aborted_loaded = true;
  std::uint64_t found_size = 0;       ///< size when the log was opened: what a seal found on disk may speak of
  bool indexes_on_disk = false;       ///< the index files say what the caches say
  bool sealed_on_disk = false;        ///< and the seal vouches for them
  std::optional<Timestamp> age_from;  ///< when its first record came, for segment.ms

  [[nodiscard]] std::string path(const std::string& directory, FileKind kind) const;

  /// The open file, opened now if need be.
  [[nodiscard]] Result<std::shared_ptr<disk::File>> open_file(const Surroundings& in);

  /// Makes the caches cover the whole segment. Errc::corrupt never: damage is a hole and a result.
  [[nodiscard]] Result<void> load(const Surroundings& in);
  /// The largest timestamp of all its batches, from the seal if that is enough.
  [[nodiscard]] Result<Timestamp> max_timestamp(const Surroundings& in);
  /// Reads the whole segment with suspicion and puts runs, holes and caches in place of what was known.
  [[nodiscard]] Result<void> rescan(const Surroundings& in);

  /// The damaged range that holds `offset`, if any.
  [[nodiscard]] const DamagedRange* hole_at(Offset offset) const;
  /// The verified run that holds `offset`, if any.
  [[nodiscard]] Run* run_at(Offset offset);
  struct Boundary {
    std::uint64_t position = 0;
    Offset offset;
  };
  /// A place where a batch is known to begin, the nearest that is known at or before `offset`; nothing when what is
  /// known is not true any more, and only rescan() will tell. Requires: base <= offset < next.
  [[nodiscard]] Result<std::optional<Boundary>> boundary(const Surroundings& in, Offset offset);
  /// Verifies until the batch with `offset` lies in a run; damage that this finds becomes holes, and then `offset` may
  /// lie in one of those. Requires: base <= offset < next.
  [[nodiscard]] Result<void> verify(const Surroundings& in, Offset offset);
  /// Verifies on from the run that holds `offset` until it ends at or beyond `position`, as far as the segment and the
  /// damage in it allow. Requires: run_at(offset).
  [[nodiscard]] Result<void> verify_through(const Surroundings& in, Offset offset, std::uint64_t position);

  /// Takes note of a batch that was just written at `size`.
  void wrote(const record::BatchHeader& batch, std::int32_t index_interval_bytes);
  /// Writes index files, which are caches: nothing is promised, and a failure is only a scan later.
  [[nodiscard]] Result<void> write_indexes(const Surroundings& in);
  /// Requires: every byte up to `size` is flushed, write_indexes() succeeded, and `aborted` is loaded and on disk.
  [[nodiscard]] Result<void> write_seal(const Surroundings& in);
  /// The seal on disk, if there is a whole one of this segment.
  [[nodiscard]] std::optional<Seal> read_seal(const Surroundings& in) const;
  /// Lets go what can be had again.
  void release();

 private:
  [[nodiscard]] bool load_from_files(const Surroundings& in);
  void add_run(const Run& run);
  [[nodiscard]] Result<bool> extend(const Surroundings& in, Run& run, Offset offset, std::uint64_t position);
};

}  // namespace millrace::log
