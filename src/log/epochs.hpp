#pragma once
// Which leader epoch wrote which offsets: (epoch, first offset), both ascending. A log begins in epoch 0 at its first
// offset without an entry, so most logs have no file at all.
//
// The leader epoch of a batch lies outside the batch's own CRC; these entries, each with a CRC, are what it is checked
// against. The file only grows: an entry is written before its first batch and flushed with it. Owned by its log.

#include <utility>
#include <vector>

#include "millrace/core/bytes.hpp"
#include "millrace/core/ids.hpp"

namespace millrace::log {

class Epochs {
 public:
  struct Entry {
    LeaderEpoch epoch = 0;
    Offset first;
  };

  [[nodiscard]] LeaderEpoch latest() const { return entries_.empty() ? 0 : entries_.back().epoch; }
  /// Of the batch at `offset`.
  [[nodiscard]] LeaderEpoch at(Offset offset) const;
  /// Requires: epoch > latest(), `first` at or above the last entry's.
  void add(LeaderEpoch epoch, Offset first);
  /// Forgets epochs that begin at or above `end`; says whether there were any.
  bool cut(Offset end);
  /// See Log::end_of_epoch.
  [[nodiscard]] std::pair<LeaderEpoch, Offset> end_of(LeaderEpoch epoch, Offset log_end) const;
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }

  [[nodiscard]] static Bytes encode(const Entry& entry);
  [[nodiscard]] Bytes encode() const;
  struct Decoded;
  /// Whole entries up to the first that is torn or damaged.
  [[nodiscard]] static Decoded decode(ByteView bytes);

 private:
  std::vector<Entry> entries_;
};

struct Epochs::Decoded {
  Epochs epochs;
  bool whole = true;  ///< false when bytes were left over
};

}  // namespace millrace::log
