// Balanced first, sticky second. KIP-848, "uniform".
//
// Everybody keeps what it had and still wants, within what balance allows; what is free then goes to those who have
// least. With equal subscriptions that is all, for who may have how much is known beforehand. With different ones it is
// only near balance, so partitions are then handed on, along chains of members where one step does not do, until no
// chain leads from a member to one that has two fewer.

#include <algorithm>
#include <deque>
#include <limits>
#include <numeric>
#include <set>
#include <utility>

#include "millrace/groups/assignors.hpp"

namespace millrace::groups {

namespace {

using Index = std::size_t;
constexpr Index nobody = std::numeric_limits<Index>::max();

class Uniform {
 public:
  explicit Uniform(const AssignorInput& input) : input_(input), out_(input.members.size()), load_(out_.size()) {
    for (Index member = 0; member < out_.size(); ++member)
      for (const Uuid& topic : input.members[member].topics) readers_[topic].push_back(member);
  }

  Assignments run() {
    keep();
    const bool alike = std::ranges::all_of(
        input_.members, [&](const auto& member) { return member.topics == input_.members.front().topics; });
    if (alike && !out_.empty()) give_up_surplus();
    spread();
    if (!alike) balance();
    return std::move(out_);
  }

 private:
  void give(Index member, const Uuid& topic, PartitionIndex partition) {
    out_[member][topic].insert(partition);
    taken_[topic].insert(partition);
    ++load_[member];
  }
  void take(Index member, const Uuid& topic, PartitionIndex partition) {
    const auto at = out_[member].find(topic);
    at->second.erase(partition);
    if (at->second.empty()) out_[member].erase(at);
    taken_[topic].erase(partition);
    --load_[member];
  }

  /// What a member had, still exists and is still wanted.
  void keep() {
    for (Index member = 0; member < out_.size(); ++member) {
      const AssignorInput::Member& from = input_.members[member];
      for (const auto& [topic, partitions] : from.before) {
        if (!std::ranges::binary_search(from.topics, topic)) continue;
        for (const PartitionIndex partition : partitions)
          if (partition < input_.partitions.at(topic) && !taken_[topic].contains(partition))
            give(member, topic, partition);
      }
    }
  }

  /// Cuts everybody down to an equal share. The places that have one more go to those who have most already.
  void give_up_surplus() {
    std::size_t total = 0;
    for (const auto& [topic, members] : readers_) total += static_cast<std::size_t>(input_.partitions.at(topic));
    const std::size_t share = total / out_.size();
    std::size_t larger_shares = total % out_.size();
    for (const Index member : by_load()) {
      std::size_t quota = share;
      if (larger_shares > 0 && load_[member] > share) {
        ++quota;
        --larger_shares;
      }
      while (load_[member] > quota) {
        const auto& [topic, partitions] = *out_[member].rbegin();
        take(member, Uuid(topic), *partitions.rbegin());
      }
    }
  }

  /// The free partitions, those with the fewest readers first, each to the reader that has least.
  void spread() {
    std::vector<const std::pair<const Uuid, std::vector<Index>>*> topics;
    for (const auto& entry : readers_) topics.push_back(&entry);
    std::ranges::sort(topics, {}, [](const auto* entry) { return std::pair(entry->second.size(), entry->first); });
    for (const auto* entry : topics) {
      const auto& [topic, members] = *entry;
      std::set<std::pair<std::size_t, Index>> least;
      for (const Index member : members) least.emplace(load_[member], member);
      for (PartitionIndex partition = 0; partition < input_.partitions.at(topic); ++partition) {
        if (taken_[topic].contains(partition)) continue;
        const auto [load, member] = *least.begin();
        least.erase(least.begin());
        give(member, topic, partition);
        least.emplace(load + 1, member);
      }
    }
  }

  /// Each handing on makes a pair of loads more equal, so it comes to an end.
  void balance() {
    std::vector<Index> order = by_load();
    for (bool moved = true; moved;) {
      moved = false;
      for (const Index member : order)
        while (hand_on(member)) moved = true;
      order = by_load();
    }
  }

  /// Looks for the shortest chain from `from` to a member that has at least two fewer, and moves one partition along
  /// each of its links.
  bool hand_on(Index from) {
    if (load_[from] < 2) return false;
    std::vector<Index> before(out_.size(), nobody);
    std::vector<Uuid> by(out_.size());
    std::set<Uuid> seen;
    std::deque<Index> open{from};
    before[from] = from;
    while (!open.empty()) {
      const Index at = open.front();
      open.pop_front();
      if (load_[at] + 2 <= load_[from]) {
        for (Index to = at; to != from; to = before[to]) {
          const PartitionIndex partition = *out_[before[to]].at(by[to]).rbegin();
          take(before[to], by[to], partition);
          give(to, by[to], partition);
        }
        return true;
      }
      for (const auto& [topic, partitions] : out_[at]) {
        if (!seen.insert(topic).second) continue;
        for (const Index reader : readers_.at(topic)) {
          if (before[reader] != nobody) continue;
          before[reader] = at;
          by[reader] = topic;
          open.push_back(reader);
        }
      }
    }
    return false;
  }

  /// Those who have most first.
  [[nodiscard]] std::vector<Index> by_load() const {
    std::vector<Index> order(out_.size());
    std::iota(order.begin(), order.end(), Index{0});
    std::ranges::sort(order, [&](Index a, Index b) { return load_[a] != load_[b] ? load_[a] > load_[b] : a < b; });
    return order;
  }

  const AssignorInput& input_;
  Assignments out_;
  std::vector<std::size_t> load_;
  std::map<Uuid, std::vector<Index>> readers_;
  std::map<Uuid, std::set<PartitionIndex>> taken_;
};

}  // namespace

Assignments assign_uniform(const AssignorInput& input) { return Uniform(input).run(); }

Assignor find_assignor(std::string_view name) {
  if (name == "uniform") return assign_uniform;
  if (name == "range") return assign_range;
  return nullptr;
}

}  // namespace millrace::groups
