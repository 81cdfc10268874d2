// Per topic, contiguous ranges in the order of the members. KIP-848, "range".

#include <algorithm>
#include <numeric>

#include "millrace/groups/assignors.hpp"

namespace millrace::groups {

namespace {

/// Static members first, by instance id, so that one who comes back under another member id gets the same place.
bool comes_before(const AssignorInput::Member& a, const AssignorInput::Member& b) {
  if (a.instance_id && b.instance_id) return *a.instance_id < *b.instance_id;
  if (a.instance_id || b.instance_id) return a.instance_id.has_value();
  return a.id < b.id;
}

}  // namespace

Assignments assign_range(const AssignorInput& input) {
  std::vector<std::size_t> order(input.members.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order,
                    [&](std::size_t a, std::size_t b) { return comes_before(input.members[a], input.members[b]); });

  std::map<Uuid, std::vector<std::size_t>> readers;
  for (const std::size_t member : order)
    for (const Uuid& topic : input.members[member].topics) readers[topic].push_back(member);

  Assignments out(input.members.size());
  for (const auto& [topic, members] : readers) {
    const std::int32_t partitions = input.partitions.at(topic);
    const auto count = static_cast<std::int32_t>(members.size());
    PartitionIndex next = 0;
    for (std::int32_t place = 0; place < count; ++place) {
      const std::int32_t share = partitions / count + (place < partitions % count ? 1 : 0);
      if (share == 0) break;
      auto& into = out[members[static_cast<std::size_t>(place)]][topic];
      for (std::int32_t i = 0; i < share; ++i) into.insert(into.end(), next++);
    }
  }
  return out;
}

}  // namespace millrace::groups
