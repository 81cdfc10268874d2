#pragma once
// Who waits for a group to commit past an offset. Owned by its Machine; bounded by it.

#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <vector>

#include "millrace/core/time.hpp"
#include "millrace/groups/effects.hpp"

namespace millrace::groups {

/// What is waited for.
struct Awaited {
  std::string group;
  std::string topic;
  PartitionIndex partition = 0;
  auto operator<=>(const Awaited&) const = default;
};

class Awaits {
 public:
  void add(Awaited what, Offset past, Ticket to, Instant until);
  /// Who waited for less than `committed`, first come first; they wait no longer.
  [[nodiscard]] std::vector<Ticket> take_reached(const Awaited& what, Offset committed);
  /// One who waits no longer, because it is late.
  [[nodiscard]] std::optional<std::pair<Awaited, Ticket>> take_overdue(Instant now);
  [[nodiscard]] std::optional<Instant> next() const;
  [[nodiscard]] std::size_t size() const { return by_time_.size(); }

 private:
  struct Waiting {
    Offset past;
    Ticket to{};
    Instant until{};
  };
  std::map<Awaited, std::vector<Waiting>> waiting_;
  std::set<std::tuple<Instant, Ticket, Awaited>> by_time_;
};

}  // namespace millrace::groups
