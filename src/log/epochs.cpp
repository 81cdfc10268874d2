#include "epochs.hpp"

#include <algorithm>

#include "millrace/core/check.hpp"
#include "millrace/core/crc32c.hpp"
#include "millrace/log/segment_format.hpp"

namespace millrace::log {

LeaderEpoch Epochs::at(Offset offset) const {
  const auto after = std::ranges::upper_bound(entries_, offset, {}, &Entry::first);
  return after == entries_.begin() ? 0 : std::prev(after)->epoch;
}

void Epochs::add(LeaderEpoch epoch, Offset first) {
  CHECK(epoch > latest() && (entries_.empty() || first >= entries_.back().first), "epochs only go up");
  // An epoch in which nothing was written leaves no trace.
  if (!entries_.empty() && entries_.back().first == first) entries_.pop_back();
  entries_.push_back({epoch, first});
}

bool Epochs::cut(Offset end) {
  return std::erase_if(entries_, [end](const Entry& entry) { return entry.first >= end; }) > 0;
}

std::pair<LeaderEpoch, Offset> Epochs::end_of(LeaderEpoch epoch, Offset log_end) const {
  if (epoch < 0 || epoch > latest()) return {-1, no_offset};
  const auto after = std::ranges::upper_bound(entries_, epoch, {}, &Entry::epoch);
  const Offset end = after == entries_.end() ? log_end : after->first;
  return {after == entries_.begin() ? 0 : std::prev(after)->epoch, end};
}

Bytes Epochs::encode(const Entry& entry) {
  Bytes bytes;
  append_be(bytes, entry.epoch);
  append_be(bytes, entry.first.value());
  append_be(bytes, crc32c(bytes));
  return bytes;
}

Bytes Epochs::encode() const {
  Bytes bytes;
  for (const Entry& entry : entries_) append_bytes(bytes, encode(entry));
  return bytes;
}

Epochs::Decoded Epochs::decode(ByteView bytes) {
  Decoded decoded;
  for (; !bytes.empty(); bytes = bytes.subspan(epoch_entry_bytes)) {
    if (bytes.size() < epoch_entry_bytes) break;
    const Entry entry{load_be<std::int32_t>(bytes.data()), Offset(load_be<std::int64_t>(bytes.data() + 4))};
    const bool whole = load_be<std::uint32_t>(bytes.data() + 12) == crc32c(bytes.first(12));
    const bool ascends = entry.epoch > decoded.epochs.latest() && entry.first.value() >= 0 &&
                         (decoded.epochs.entries_.empty() || entry.first >= decoded.epochs.entries_.back().first);
    if (!whole || !ascends) break;
    decoded.epochs.add(entry.epoch, entry.first);
  }
  decoded.whole = bytes.empty();
  return decoded;
}

}  // namespace millrace::log
