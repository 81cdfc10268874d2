#pragma once
// Leases: what was acquired, or renewed, by one call, and until when. Events of one lease run out together, so that a
// lock costs 8 bytes for each of them and not a timer. Owned by the machine.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "millrace/core/ids.hpp"
#include "millrace/core/time.hpp"
#include "millrace/delivery/event.hpp"

namespace millrace::delivery {

struct Lease {
  ConsumerId consumer{};
  Instant ends{};
  std::size_t outstanding = 0;  ///< of its events, those still in hand by this lease
  std::vector<Offset> events;   ///< all of them, also those that have left it
};

class Leases {
 public:
  /// Requires: no lease has this number, there are events.
  void add(std::uint32_t number, Lease lease);
  [[nodiscard]] bool has(std::uint32_t number) const { return leases_.contains(number); }
  /// Requires: there is one.
  [[nodiscard]] const Lease& at(std::uint32_t number) const { return leases_.at(number); }
  /// One event has left it; a lease without events is forgotten.
  void leave(std::uint32_t number);
  [[nodiscard]] std::optional<Instant> next_end() const;
  /// The one that ends first, if it has ended by `now`.
  [[nodiscard]] std::optional<std::uint32_t> ended(Instant now) const;
  /// All of one consumer, or of all of them.
  [[nodiscard]] std::vector<std::uint32_t> of(std::optional<ConsumerId> consumer) const;

 private:
  std::map<std::uint32_t, Lease> leases_;
  std::set<std::pair<Instant, std::uint32_t>> ends_;
};

}  // namespace millrace::delivery
