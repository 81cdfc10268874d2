#include "linked_records.hpp"

#include <algorithm>

namespace millrace::redrive {

bool LinkedRecords::takes(const Source& source, Offset record) const {
  const auto held = sources_.find(source);
  return held == sources_.end() || !held->second.others_from || record < *held->second.others_from;
}

void LinkedRecords::add(const Source& source, Offset record, Offset letter) {
  if (!takes(source, record)) return;
  auto& [remembered, others_from] = sources_[source];
  remembered.emplace(record, letter);
  if (remembered.size() <= remembered_max) return;
  const auto highest = std::prev(remembered.end());
  others_from = highest->first;
  remembered.erase(highest);
}

void LinkedRecords::add(const LinkedRecords& others) {
  for (const auto& [source, theirs] : others.sources_) {
    auto& [remembered, others_from] = sources_[source];
    if (theirs.others_from && (!others_from || *theirs.others_from < *others_from)) {
      others_from = theirs.others_from;
      remembered.erase(remembered.lower_bound({*others_from, Offset(0)}), remembered.end());
    }
    for (const auto& [record, letter] : theirs.remembered) add(source, record, letter);
  }
}

bool LinkedRecords::forget(const IsOver& is_over) {
  bool has_forgotten = false;
  for (auto held = sources_.begin(); held != sources_.end();) {
    auto& [source, lowest] = *held;
    while (!lowest.remembered.empty()) {
      const auto [record, letter] = *lowest.remembered.begin();
      if (!is_over(source, record, letter)) break;
      lowest.remembered.erase(lowest.remembered.begin());
      has_forgotten = true;
    }
    held = lowest.remembered.empty() && !lowest.others_from ? sources_.erase(held) : std::next(held);
  }
  return has_forgotten;
}

std::map<Source, Offset> LinkedRecords::first() const {
  std::map<Source, Offset> first;
  for (const auto& [source, lowest] : sources_) {
    const auto& [remembered, others_from] = lowest;
    first.emplace(source, remembered.empty() ? *others_from : remembered.begin()->first);
  }
  return first;
}

bool LinkedRecords::is_used_up() const {
  return std::ranges::any_of(sources_, [](const auto& each) { return each.second.remembered.empty(); });
}

}  // namespace millrace::redrive
