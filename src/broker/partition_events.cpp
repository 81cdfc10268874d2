// Appending where a topic looks for repeated events.

#include <algorithm>

#include "millrace/broker/partition.hpp"

namespace millrace::broker {

namespace {

bool is_repeat(const FirstCopies& firsts, std::size_t at) { return at < firsts.size() && firsts[at].is_there(); }

/// Of every record in the log; -1 for those that are no repeats. `base` is where the batch went; nothing when it went
/// there before, for then it is not known which of its records did.
std::vector<Offset> places_of(const FirstCopies& firsts, const std::optional<Offset>& base) {
  std::vector<Offset> places;
  places.reserve(firsts.size());
  for (const auto& first : firsts) places.push_back(base && first.index >= 0 ? *base + first.index : first.offset);
  return places;
}

/// Was an event that is to be stored found to be there after all?
bool has_more(const FirstCopies& found, const FirstCopies& known) {
  for (std::size_t at = 0; at < found.size(); ++at) {
    if (found[at].is_there() && !is_repeat(known, at)) return true;
  }
  return false;
}

AppendAnswer outdated() {
  AppendAnswer answer;
  answer.is_outdated = true;
  return answer;
}

}  // namespace

FirstCopies Partition::find_repeats(const EventHashes& events, Now now) {
  if (!looks_for_repeats()) return {};
  event_ids_.forget(now.steady - settings_.events.dedupe_window);
  return event_ids_.find(events);
}

std::optional<AppendAnswer> Partition::foresee(const record::BatchHeader& validated, const BatchEvents& events) const {
  if (is_outdated(events)) return outdated();
  return judge(validated);
}

bool Partition::is_outdated(const BatchEvents& events) const {
  return looks_for_repeats() && has_more(event_ids_.find(events.hashes), events.firsts);
}

AppendAnswer Partition::append_events(MutableBytes batch, const record::BatchHeader& validated, Now now,
                                      const BatchEvents& events) {
  const auto& [hashes, firsts] = events;
  if (is_outdated(events)) return outdated();
  const auto repeats = std::ranges::count_if(firsts, &FirstCopy::is_there);
  const bool all_repeat = repeats > 0 && repeats == std::ssize(firsts);
  AppendAnswer answer;
  if (batch.empty()) {
    // Nobody's sequence, and nothing new: the copies that are there are the answer, once all of them are durable.
    const auto last = std::ranges::max(firsts, {}, &FirstCopy::offset).offset;
    answer = again(firsts.front().offset, last + 1, no_timestamp);
  } else {
    answer = append(batch, validated, now);
  }
  if (answer.error != ErrorCode::none) return answer;
  const bool is_retry = answer.duplicate && !batch.empty();
  if (!firsts.empty()) {
    answer.first_copies = places_of(firsts, is_retry ? std::nullopt : std::optional(answer.base_offset));
  }
  // A retry of a batch that had something new was answered with its own place the first time.
  const auto is_before = [base = answer.base_offset](Offset first) { return first != no_offset && first < base; };
  if (all_repeat && std::ranges::all_of(answer.first_copies, is_before)) {
    answer.base_offset = answer.first_copies.front();
  }
  if (is_retry) return answer;
  repeated_events_ += static_cast<std::uint64_t>(repeats);
  if (!looks_for_repeats()) return answer;
  for (std::size_t at = 0; at < hashes.size(); ++at) {
    if (!hashes[at] || is_repeat(firsts, at)) continue;
    event_ids_.remember(*hashes[at], answer.base_offset + static_cast<std::int64_t>(at), now.steady);
    ++event_snapshots_.appended;
  }
  return answer;
}

EventFigures Partition::event_figures() const {
  return {looks_for_repeats(), repeated_events_, event_ids_.size(), event_ids_.forgotten_early()};
}

}  // namespace millrace::broker
