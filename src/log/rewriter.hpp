#pragma once
// Writes the segment that takes the place of others: batches in order, gaps where some are gone. Owned by one pass.

#include "caches.hpp"
#include "millrace/disk/disk.hpp"

namespace millrace::log {

struct Rewritten {
  std::shared_ptr<disk::File> file;
  std::uint64_t size = 0;
  Caches caches;
  std::vector<Offset> gone;  ///< base offsets of the control batches that are gone
  bool changed = false;      ///< it is not what it was made of
};

class Rewriter {
 public:
  /// `file` is empty.
  Rewriter(std::shared_ptr<disk::File> file, Offset base, std::int32_t index_interval_bytes);

  /// A batch as it was, or what it has become.
  [[nodiscard]] Result<void> keep(ByteView batch, bool as_it_was);
  [[nodiscard]] Result<void> leave_out(const record::BatchHeader& batch);
  /// Everything is on stable storage then, if it is worth anything: when it `joins` segments or changed one.
  [[nodiscard]] Result<Rewritten> finish(bool joins);

 private:
  [[nodiscard]] Result<void> close_gap();
  [[nodiscard]] Result<void> put(ByteView batch);
  [[nodiscard]] Result<void> write_out();

  Rewritten result_;
  Offset base_;
  std::int32_t index_interval_bytes_;
  Bytes buffer_;
  std::uint64_t written_ = 0;
  Offset gap_first_ = no_offset;
  Offset gap_next_ = no_offset;
  LeaderEpoch gap_epoch_ = -1;
};

}  // namespace millrace::log
