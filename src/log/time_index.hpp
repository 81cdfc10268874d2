#pragma once
// Timestamp → offset for one segment, Kafka's sparse index: an entry (t, o) says that no batch up to the one that ends
// at relative offset o holds a timestamp above t, and that this batch holds t itself. Both ascend. Owned by its
// segment.

#include <cstdint>
#include <optional>
#include <vector>

#include "millrace/core/bytes.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"

namespace millrace::log {

class TimeIndex {
 public:
  struct Entry {
    Timestamp timestamp = 0;
    std::int32_t last_offset = 0;  ///< relative
    bool operator==(const Entry&) const = default;
  };

  /// Keeps the entry if its timestamp is beyond the last one; otherwise it would say nothing new.
  void append_if_newer(Entry entry);
  /// Puts what lies before all of ours in front; entries of ours that then say nothing new go.
  void prepend(TimeIndex earlier);
  /// The last entry with a timestamp at or below `timestamp`.
  [[nodiscard]] std::optional<Entry> floor(Timestamp timestamp) const;
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
  void clear() { entries_ = {}; }

  [[nodiscard]] Bytes encode() const;
  /// Errc::corrupt unless the bytes are whole ascending entries.
  [[nodiscard]] static Result<TimeIndex> decode(ByteView bytes);

 private:
  std::vector<Entry> entries_;
};

}  // namespace millrace::log
