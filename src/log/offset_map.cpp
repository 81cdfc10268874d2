#include "offset_map.hpp"

#include <algorithm>

namespace millrace::log {

namespace {

constexpr std::size_t slots_min = 4;

}  // namespace

OffsetMap::OffsetMap(std::uint64_t entries, std::size_t budget_bytes, const SipKey& key) : key_(key) {
  const std::uint64_t affordable = budget_bytes / sizeof(Slot);
  const auto wanted = entries >= affordable ? affordable : entries + entries / 3 + 4;
  slot_count_ = static_cast<std::size_t>(std::max<std::uint64_t>(slots_min, std::min(wanted, affordable)));
  size_max_ = slot_count_ / 4 * 3;
}

std::size_t OffsetMap::slot_of(const Hash128& hash) const {
  auto at = static_cast<std::size_t>(hash.low % slots_.size());
  while (slots_[at].offset != no_offset && slots_[at].hash != hash) at = at + 1 == slots_.size() ? 0 : at + 1;
  return at;
}

bool OffsetMap::put(ByteView key, Offset offset) {
  if (slots_.empty()) slots_.resize(slot_count_);
  const auto hash = siphash128(key, key_);
  auto& slot = slots_[slot_of(hash)];
  if (slot.offset == no_offset) {
    if (size_ == size_max_) return false;
    ++size_;
    slot.hash = hash;
  }
  slot.offset = offset;
  return true;
}

std::optional<Offset> OffsetMap::find(ByteView key) const {
  if (slots_.empty()) return std::nullopt;
  const auto& slot = slots_[slot_of(siphash128(key, key_))];
  return slot.offset == no_offset ? std::nullopt : std::optional(slot.offset);
}

}  // namespace millrace::log
