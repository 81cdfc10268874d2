// Everything that is committed, page by page.

#include "machine.hpp"
#include "millrace/core/check.hpp"

namespace millrace::groups {

Coordinator::CommittedPage Machine::committed(const OffsetKey& after, std::size_t offsets_max) const {
  CHECK(offsets_max > 0, "a page has room");
  Coordinator::CommittedPage page;
  std::size_t room = offsets_max;
  for (auto group = groups_.lower_bound(after.group); group != groups_.end(); ++group) {
    const auto& topics = group->second.offsets();
    const bool resumes = group->first == after.group;
    for (auto topic = resumes ? topics.lower_bound(after.topic) : topics.begin(); topic != topics.end(); ++topic) {
      const auto& [name, partitions] = *topic;
      auto next = resumes && name == after.topic ? partitions.upper_bound(after.partition) : partitions.begin();
      if (next == partitions.end()) continue;
      if (room == 0) {
        page.is_last = false;
        return page;
      }
      auto& row = page.rows.emplace_back(group->first, name);
      for (; next != partitions.end() && room > 0; ++next, --room)
        row.offsets.emplace_back(next->first, next->second.offset);
      if (next == partitions.end()) continue;
      page.is_last = false;
      return page;
    }
  }
  return page;
}

}  // namespace millrace::groups
