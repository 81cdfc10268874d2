#pragma once
// Reads events of one partition or several, and waits for some: what the routes for readers have in common.

#include <functional>
#include <utility>

#include "api.hpp"
#include "event_wish.hpp"

namespace millrace::http::routes {

/// Where a partition is read, and was read to.
struct ReadPlace {
  PartitionIndex partition = 0;
  Offset next;
};

struct EventReading {
  std::vector<ReadEvent> events;
  Offset high_watermark;           ///< of the first place
  std::optional<Problem> problem;  ///< then there are no events
  std::size_t failed = 0;          ///< the place with the problem
  Offset begin;                    ///< where its log begins, if that is the problem
};

/// Ends the wait of one reader before its time. On the thread of the reader; it outlives the reading.
class ReadInterrupt {
 public:
  /// From here on.
  void begin() { is_interrupted_ = false; }
  /// Whoever waits ends now, or as soon as he would begin to wait, and finds what there is.
  void interrupt() {
    is_interrupted_ = true;
    if (const auto end = std::exchange(end_, nullptr)) end();
  }
  /// `end` ends the wait.
  void arm(std::function<void()> end) {
    if (is_interrupted_) return end();
    end_ = std::move(end);
  }
  void disarm() { end_ = nullptr; }

 private:
  std::function<void()> end_;
  bool is_interrupted_ = false;
};

/// Moves `places` on to where they were read to: past events that nobody wants, too. Ends when there are events, when
/// `wish.wait` is over, or when much was looked at in vain. Places that stand first are read first.
[[nodiscard]] runtime::Task<EventReading> read_events_at(const Context& context, std::string topic,
                                                         std::vector<ReadPlace>& places, const ReadWish& wish,
                                                         ReadInterrupt* interrupt = nullptr);

}  // namespace millrace::http::routes
