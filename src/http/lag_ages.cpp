#include "lag_ages.hpp"

#include <algorithm>
#include <utility>

namespace millrace::http {

/// Of those that moved, as many as may be looked at, from the first whose turn it is on, and around.
bool LagAges::has_turn() {
  const auto place = moved_++;
  const auto all = std::max(moved_before_, place + 1);
  const bool is_next = all <= looks_max_ || (place + all - first_ % all) % all < looks_max_;
  if (!is_next || looked_ >= looks_max_) return false;
  ++looked_;
  return true;
}

std::optional<Timestamp> LagAges::time_of(const std::string& group, const TopicPartition& at, Offset offset,
                                          const LookUp& look_up) {
  const Key key(group, at.topic, at.partition);
  auto found = known_.find(key);
  if (found != known_.end() && found->second.offset == offset && found->second.time) {
    found->second.round = round_;
    return found->second.time;
  }
  const bool is_known = found != known_.end();
  if (!is_known && known_.size() >= kept_max_) {
    ++left_out_;
    return std::nullopt;
  }
  if (!has_turn()) {
    ++left_out_;
    if (!is_known) return std::nullopt;
    found->second.round = round_;
    return found->second.time;
  }
  if (!is_known) found = known_.emplace(key, Known()).first;
  found->second = {.offset = offset, .time = look_up(), .round = round_};
  return found->second.time;
}

std::size_t LagAges::end_round() {
  std::erase_if(known_, [this](const auto& entry) { return entry.second.round != round_; });
  ++round_;
  if (moved_ > looks_max_) first_ += looks_max_;
  moved_before_ = std::exchange(moved_, 0);
  looked_ = 0;
  return std::exchange(left_out_, 0);
}

}  // namespace millrace::http
