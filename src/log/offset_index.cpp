#include "offset_index.hpp"

#include <algorithm>

#include "millrace/core/check.hpp"
#include "millrace/log/segment_format.hpp"

namespace millrace::log {

namespace {

bool follows(const OffsetIndex::Entry& before, const OffsetIndex::Entry& entry) {
  return entry.last_offset > before.last_offset && entry.position > before.position;
}

}  // namespace

void OffsetIndex::append(Entry entry) {
  CHECK(entries_.empty() || follows(entries_.back(), entry), "batches are indexed in the order in which they lie");
  entries_.push_back(entry);
}

void OffsetIndex::prepend(OffsetIndex earlier) {
  for (const Entry& entry : entries_) earlier.append(entry);
  entries_ = std::move(earlier.entries_);
}

std::optional<OffsetIndex::Entry> OffsetIndex::floor_offset(std::int64_t relative_offset) const {
  const auto after = std::ranges::upper_bound(entries_, relative_offset, {},
                                              [](const Entry& entry) { return std::int64_t{entry.last_offset}; });
  if (after == entries_.begin()) return std::nullopt;
  return *std::prev(after);
}

std::optional<OffsetIndex::Entry> OffsetIndex::floor_position(std::uint64_t position) const {
  const auto after = std::ranges::upper_bound(
      entries_, position, {}, [](const Entry& entry) { return static_cast<std::uint64_t>(entry.position); });
  if (after == entries_.begin()) return std::nullopt;
  return *std::prev(after);
}

Bytes OffsetIndex::encode() const {
  Bytes bytes;
  bytes.reserve(entries_.size() * offset_entry_bytes);
  for (const Entry& entry : entries_) {
    append_be(bytes, entry.last_offset);
    append_be(bytes, entry.position);
  }
  return bytes;
}

Result<OffsetIndex> OffsetIndex::decode(ByteView bytes) {
  if (bytes.size() % offset_entry_bytes != 0) {
    return failure(Errc::corrupt, "offset index: " + std::to_string(bytes.size()) + " bytes are not whole entries");
  }
  OffsetIndex index;
  index.entries_.reserve(bytes.size() / offset_entry_bytes);
  for (; !bytes.empty(); bytes = bytes.subspan(offset_entry_bytes)) {
    const Entry entry{load_be<std::int32_t>(bytes.data()), load_be<std::int32_t>(bytes.data() + 4)};
    const bool ascends =
        index.entries_.empty() ? entry.last_offset >= 0 && entry.position >= 0 : follows(index.entries_.back(), entry);
    if (!ascends) return failure(Errc::corrupt, "offset index: entries do not ascend");
    index.entries_.push_back(entry);
  }
  return index;
}

}  // namespace millrace::log
