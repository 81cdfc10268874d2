#include "time_index.hpp"

#include <algorithm>

#include "millrace/log/segment_format.hpp"

namespace millrace::log {

void TimeIndex::append_if_newer(Entry entry) {
  if (!entries_.empty() && entry.timestamp <= entries_.back().timestamp) return;
  entries_.push_back(entry);
}

void TimeIndex::prepend(TimeIndex earlier) {
  for (const Entry& entry : entries_) earlier.append_if_newer(entry);
  entries_ = std::move(earlier.entries_);
}

std::optional<TimeIndex::Entry> TimeIndex::floor(Timestamp timestamp) const {
  const auto after = std::ranges::upper_bound(entries_, timestamp, {}, &Entry::timestamp);
  if (after == entries_.begin()) return std::nullopt;
  return *std::prev(after);
}

Bytes TimeIndex::encode() const {
  Bytes bytes;
  bytes.reserve(entries_.size() * time_entry_bytes);
  for (const Entry& entry : entries_) {
    append_be(bytes, entry.timestamp);
    append_be(bytes, entry.last_offset);
  }
  return bytes;
}

Result<TimeIndex> TimeIndex::decode(ByteView bytes) {
  if (bytes.size() % time_entry_bytes != 0) {
    return failure(Errc::corrupt, "time index: " + std::to_string(bytes.size()) + " bytes are not whole entries");
  }
  TimeIndex index;
  index.entries_.reserve(bytes.size() / time_entry_bytes);
  for (; !bytes.empty(); bytes = bytes.subspan(time_entry_bytes)) {
    const Entry entry{load_be<std::int64_t>(bytes.data()), load_be<std::int32_t>(bytes.data() + 8)};
    const bool ascends = index.entries_.empty() ? entry.last_offset >= 0
                                                : entry.timestamp > index.entries_.back().timestamp &&
                                                      entry.last_offset > index.entries_.back().last_offset;
    if (!ascends) return failure(Errc::corrupt, "time index: entries do not ascend");
    index.entries_.push_back(entry);
  }
  return index;
}

}  // namespace millrace::log
