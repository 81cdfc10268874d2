#pragma once
// Queues of offsets that are cheap to fill and not emptied in the middle: an entry whose event has gone its way
// meanwhile is stepped over when its turn comes. Owned by the machine, which knows who is still waiting.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <tuple>
#include <vector>

#include "millrace/core/ids.hpp"
#include "millrace/core/time.hpp"

namespace millrace::delivery {

/// Those to be handed out: the lowest offset first.
using ReadyQueue = std::priority_queue<Offset, std::vector<Offset>, std::greater<>>;

struct Wait {
  Instant due{};
  Offset event;
  std::uint32_t turn = 0;  ///< the slot's, if it still waits for this
  bool operator>(const Wait& other) const {
    return std::tie(due, event, turn) > std::tie(other.due, other.event, other.turn);
  }
};

/// Those put off: the first that is due first.
using WaitQueue = std::priority_queue<Wait, std::vector<Wait>, std::greater<>>;

}  // namespace millrace::delivery
