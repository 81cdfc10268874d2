#pragma once
// What one connection has in hand, and how much more it may have: those that were told, are not settled, and whose lock
// has not run out. Pure; owned.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "millrace/runtime/delivery_runtime.hpp"

namespace millrace::http::routes {

class InHand {
 public:
  explicit InHand(std::size_t most) : most_(most) {}

  /// An event that is here by an earlier lock is here by this one from now on.
  void add(const runtime::DeliveryLock& lock, Instant until);
  /// Nothing when it is not here by this lock, as is renew().
  void settle(const runtime::DeliveryLock& lock);
  void renew(const runtime::DeliveryLock& lock, Instant until);
  /// Forgets those whose locks have run out.
  void forget_lost(Instant now);
  /// Leaves nothing here.
  [[nodiscard]] std::vector<runtime::DeliveryLock> take_all();

  [[nodiscard]] std::size_t room() const { return most_ - std::min(most_, held_.size()); }
  /// When the next lock runs out.
  [[nodiscard]] std::optional<Instant> next_end() const;

 private:
  using Place = std::pair<PartitionIndex, Offset>;
  struct Held {
    std::uint64_t hand_out = 0;
    Instant until{};
  };
  using Entries = std::map<Place, Held>;

  static Place place_of(const runtime::DeliveryLock& lock) { return {lock.partition, lock.token.offset}; }
  [[nodiscard]] Entries::iterator find(const runtime::DeliveryLock& lock);

  std::size_t most_;
  Entries held_;
  std::set<std::pair<Instant, Place>> ends_;
};

}  // namespace millrace::http::routes
