#pragma once
// Timers by name: setting one again moves it. Those due come out in the order of their instants, then of being set, so
// that a run repeats exactly. Owned by the machine; it has no clock, the caller says what time it is.

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>

#include "millrace/core/time.hpp"

namespace millrace::groups {

enum class TimerKind : std::uint8_t {
  sweep,  ///< of the coordinator: look for expired offsets
  join,   ///< of a group: stop collecting members; of a classic member of a consumer group: gone unless it joins again
  sync,   ///< of a group: stop waiting for SyncGroup; of such a member: gone unless it asks for its assignment
  session,  ///< of a member, or of an id handed out: gone unless it shows up
  revoke,   ///< of a member of a consumer group: gone unless it gives up what it has to
};

struct TimerName {
  TimerKind kind = TimerKind::sweep;
  std::string group_id;
  std::string member_id;
  auto operator<=>(const TimerName&) const = default;
};

class Timers {
 public:
  void set(TimerName name, Instant due);
  void cancel(const TimerName& name);
  [[nodiscard]] bool is_set(const TimerName& name) const { return settings_.contains(name); }
  [[nodiscard]] std::optional<Instant> next() const;
  /// The first that is due at `now`, which it forgets.
  [[nodiscard]] std::optional<TimerName> take_due(Instant now);

 private:
  struct Setting {
    Instant due{};
    std::uint64_t turn = 0;
  };
  using Settings = std::map<TimerName, Setting>;
  using Place = std::tuple<Instant, std::uint64_t, Settings::iterator>;
  struct Earlier {
    bool operator()(const Place& a, const Place& b) const {
      return std::tie(std::get<0>(a), std::get<1>(a)) < std::tie(std::get<0>(b), std::get<1>(b));
    }
  };

  Settings settings_;
  std::set<Place, Earlier> order_;
  std::uint64_t turns_ = 0;
};

}  // namespace millrace::groups
