#include "millrace/broker/event_ids.hpp"

#include <algorithm>
#include <unordered_map>

namespace millrace::broker {

namespace {

constexpr std::uint32_t number_mask = 0x7fff'ffff;
constexpr std::uint32_t free_slot = 0x8000'0000;
constexpr std::size_t slots_min = 64;

/// Any bits of a hash under a key are as good as others.
struct LowBits {
  std::size_t operator()(const Hash128& hash) const { return hash.low; }
};

}  // namespace

const EventIds::Entry& EventIds::entry(std::uint32_t number) const {
  return entries_[(number - first_number_) & number_mask];
}

std::size_t EventIds::slot_of(const Hash128& hash) const {
  const auto mask = slots_.size() - 1;
  auto slot = hash.low & mask;
  while (slots_[slot] != free_slot && entry(slots_[slot]).hash != hash) slot = (slot + 1) & mask;
  return slot;
}

std::optional<Offset> EventIds::find(const Hash128& hash) const {
  if (entries_.empty()) return std::nullopt;
  const auto number = slots_[slot_of(hash)];
  return number == free_slot ? std::nullopt : std::optional(entry(number).offset);
}

FirstCopies EventIds::find(const EventHashes& events) const {
  FirstCopies found;
  const auto note = [&](std::size_t at, FirstCopy first) {
    found.resize(events.size());
    found[at] = first;
  };
  std::unordered_map<Hash128, std::int32_t, LowBits> in_batch;
  for (std::size_t at = 0; at < events.size(); ++at) {
    if (!events[at]) continue;
    if (const auto offset = find(*events[at])) {
      note(at, {.offset = *offset});
    } else if (events.size() > 1) {
      const auto [before, is_new] = in_batch.emplace(*events[at], static_cast<std::int32_t>(at));
      if (!is_new) note(at, {.index = before->second});
    }
  }
  return found;
}

void EventIds::remember(const Hash128& hash, Offset offset, Instant now) {
  if (entries_.size() >= rules_.ids_max) {
    forget_oldest();
    ++forgotten_early_;
  }
  if (2 * (entries_.size() + 1) > slots_.size()) grow();
  const auto number = (first_number_ + static_cast<std::uint32_t>(entries_.size())) & number_mask;
  // Requests are stamped before they have the lock, so one may come with a time before that of the last one.
  const auto arrived = entries_.empty() ? now : std::max(now, entries_.back().arrived);
  slots_[slot_of(hash)] = number;
  entries_.push_back({hash, offset, arrived});
}

void EventIds::grow() {
  slots_.assign(std::max(slots_min, 2 * slots_.size()), free_slot);
  auto number = first_number_;
  for (const auto& each : entries_) {
    slots_[slot_of(each.hash)] = number;
    number = (number + 1) & number_mask;
  }
}

/// What stands behind the slot that becomes free and was pushed there by others moves up (Knuth 6.4, algorithm R).
void EventIds::forget_oldest() {
  const auto mask = slots_.size() - 1;
  auto hole = slot_of(entries_.front().hash);
  const bool is_superseded = slots_[hole] != first_number_;
  entries_.pop_front();
  first_number_ = (first_number_ + 1) & number_mask;
  if (is_superseded) return;
  for (auto next = (hole + 1) & mask; slots_[next] != free_slot; next = (next + 1) & mask) {
    const auto home = entry(slots_[next]).hash.low & mask;
    if (((next - home) & mask) < ((next - hole) & mask)) continue;
    slots_[hole] = slots_[next];
    hole = next;
  }
  slots_[hole] = free_slot;
}

void EventIds::forget(Instant before) {
  while (!entries_.empty() && entries_.front().arrived <= before) forget_oldest();
}

void EventIds::clear() {
  entries_.clear();
  slots_.clear();
  slots_.shrink_to_fit();
}

}  // namespace millrace::broker
