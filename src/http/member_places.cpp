#include "member_places.hpp"

#include <algorithm>
#include <utility>

#include "member_limits.hpp"

namespace millrace::http {

namespace {
/// After which an event that went out is done, where none follows it.
constexpr auto settles_after = member_limits::commit_interval;
}  // namespace

void MemberPlaces::assign(const std::set<PartitionIndex>& partitions, Instant give_up_by) {
  for (auto& [partition, place] : places_) {
    if (partitions.contains(partition)) {
      place.goes_by.reset();
    } else if (!place.goes_by) {
      place.goes_by = give_up_by;
      forget_unsent(place);
    }
  }
  for (const auto partition : partitions) {
    auto [at, is_new] = places_.try_emplace(partition);
    if (is_new) at->second.stay = ++stays_;
  }
}

void MemberPlaces::clear() {
  places_.clear();
  under_way_ = 0;
  last_told_.reset();
}

std::set<PartitionIndex> MemberPlaces::all() const {
  std::set<PartitionIndex> all;
  for (const auto& [partition, place] : places_) all.insert(partition);
  return all;
}

Offsets MemberPlaces::give_up(Instant now) {
  settle(now);
  Offsets positions;
  for (auto each = places_.begin(); each != places_.end();) {
    auto& [partition, place] = *each;
    if (place.goes_by && last_told_ && last_told_->partition == partition) settle(told_at_ + settles_after);
    if (!place.goes_by || (!place.events.empty() && now < *place.goes_by)) {
      ++each;
      continue;
    }
    if (place.next && place.committed != place.position()) positions[partition] = place.position();
    forget_events(place);
    each = places_.erase(each);
  }
  return positions;
}

std::map<PartitionIndex, std::int64_t> MemberPlaces::ask() {
  std::map<PartitionIndex, std::int64_t> asked;
  for (auto& [partition, place] : places_) {
    if (place.next || place.goes_by || std::exchange(place.is_asked, true)) continue;
    asked[partition] = place.stay;
  }
  return asked;
}

void MemberPlaces::unask() {
  for (auto& [partition, place] : places_) place.is_asked = false;
}

void MemberPlaces::begin(const StayPlace& at, bool is_committed) {
  auto* const place = find(at.partition, at.stay);
  if (place == nullptr || place->next) return;
  place->next = at.next;
  if (is_committed) place->committed = at.next;
}

void MemberPlaces::move(const StayPlace& place, Offset to) {
  auto* const found = find(place.partition, place.stay);
  if (found == nullptr || found->next != place.next) return;
  found->next = to;
}

bool MemberPlaces::have_begun() const {
  return std::ranges::all_of(places_, [](const auto& entry) { return entry.second.next || entry.second.goes_by; });
}

std::vector<StayPlace> MemberPlaces::readable() const {
  std::vector<StayPlace> places;
  for (const auto& [partition, place] : places_) {
    if (place.next && !place.goes_by) places.push_back({partition, place.stay, *place.next});
  }
  const auto first = std::ranges::find_if(places, [this](const StayPlace& place) { return place.partition >= turn_; });
  std::ranges::rotate(places, first);
  return places;
}

void MemberPlaces::read(const StayPlace& to, const std::vector<Offset>& events) {
  auto* const place = find(to.partition, to.stay);
  if (place == nullptr || place->goes_by) return;
  for (const auto offset : events) under_way_ += place->events.try_emplace(offset, Way::read).second ? 1 : 0;
  place->next = to.next;
  if (!events.empty()) turn_ = to.partition + 1;
}

bool MemberPlaces::tell(const EventPlace& event) {
  auto* const place = find(event.partition, event.stay);
  if (place == nullptr) return false;
  const auto found = place->events.find(event.offset);
  if (found == place->events.end() || found->second != Way::read) return false;
  found->second = Way::going;
  return true;
}

void MemberPlaces::told(const EventPlace& event, Instant now) {
  auto* const place = find(event.partition, event.stay);
  if (place == nullptr) return;
  const auto found = place->events.find(event.offset);
  // The reader may have been quicker to acknowledge it.
  if (found == place->events.end() || found->second != Way::going) return;
  found->second = Way::out;
  if (acks_ == Acks::by_reader) return;
  if (last_told_) {
    if (auto* const before = find(last_told_->partition, last_told_->stay)) finish(*before, last_told_->offset);
  }
  last_told_ = event;
  told_at_ = now;
}

bool MemberPlaces::acknowledge(const EventPlace& event) {
  auto* const place = find(event.partition, event.stay);
  if (place == nullptr || !place->next || event.offset >= *place->next || event.offset < Offset(0)) return false;
  const auto found = place->events.find(event.offset);
  if (found == place->events.end()) return event.offset < place->position();
  if (found->second == Way::read) return false;
  finish(*place, event.offset);
  return true;
}

bool MemberPlaces::acknowledge(PartitionIndex partition, Offset from, Offset to) {
  const auto found = places_.find(partition);
  if (found == places_.end() || !found->second.next) return false;
  auto& place = found->second;
  if (place.position() < from || place.position() > to) return false;
  while (!place.events.empty() && place.events.begin()->first < to) {
    under_way_ -= place.events.begin()->second == Way::done ? 0 : 1;
    place.events.erase(place.events.begin());
  }
  place.next = std::max(*place.next, to);
  return true;
}

void MemberPlaces::rewind() {
  for (auto& [partition, place] : places_) {
    if (!place.next || place.goes_by) continue;
    const auto position = place.position();
    forget_events(place);
    place.next = position;
    place.stay = ++stays_;
  }
}

Offsets MemberPlaces::uncommitted() const {
  Offsets positions;
  for (const auto& [partition, place] : places_) {
    if (place.next && place.committed != place.position()) positions[partition] = place.position();
  }
  return positions;
}

void MemberPlaces::committed(const Offsets& offsets) {
  for (const auto& [partition, offset] : offsets) {
    const auto found = places_.find(partition);
    if (found != places_.end() && found->second.next) found->second.committed = offset;
  }
}

std::optional<Offset> MemberPlaces::position(PartitionIndex partition) const {
  const auto found = places_.find(partition);
  if (found == places_.end() || !found->second.next) return std::nullopt;
  return found->second.position();
}

MemberPlaces::Place* MemberPlaces::find(PartitionIndex partition, std::int64_t stay) {
  const auto found = places_.find(partition);
  return found == places_.end() || found->second.stay != stay ? nullptr : &found->second;
}

void MemberPlaces::finish(Place& place, Offset offset) {
  const auto found = place.events.find(offset);
  if (found == place.events.end() || found->second == Way::done) return;
  found->second = Way::done;
  --under_way_;
  while (!place.events.empty() && place.events.begin()->second == Way::done) place.events.erase(place.events.begin());
}

void MemberPlaces::forget_events(Place& place) {
  for (const auto& [offset, way] : place.events) under_way_ -= way == Way::done ? 0 : 1;
  place.events.clear();
}

void MemberPlaces::forget_unsent(Place& place) {
  for (auto each = place.events.begin(); each != place.events.end();) {
    if (each->second != Way::read) {
      ++each;
      continue;
    }
    place.next = std::min(*place.next, each->first);
    --under_way_;
    each = place.events.erase(each);
  }
}

void MemberPlaces::settle(Instant now) {
  if (!last_told_ || now < told_at_ + settles_after) return;
  if (auto* const place = find(last_told_->partition, last_told_->stay)) finish(*place, last_told_->offset);
  last_told_.reset();
}

}  // namespace millrace::http
