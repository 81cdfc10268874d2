#pragma once
// The breaker of a subscription whose events are asked for: when too many of its hand-outs fail nothing is handed out
// for a while, and then one event at a time, until those are well. So an outage of whoever takes the events costs the
// events no attempts, and none of them dies of it. It is not durable: after a start it is closed.
//
// One for all partitions of a subscription. Shared: any thread. Its lock is the innermost of all, and nothing is called
// under it. begun() comes from the one thread that hands out.

#include <limits>
#include <memory>
#include <optional>
#include <string>

#include "millrace/delivery/breaker.hpp"
#include "millrace/delivery/partition_delivery.hpp"
#include "millrace/runtime/guarded.hpp"

namespace spdlog {
class logger;
}

namespace millrace::runtime {

class DeliveryBreaker {
 public:
  DeliveryBreaker(std::string id, const delivery::BreakerPolicy& policy, Instant now,
                  std::shared_ptr<spdlog::logger> diagnostics);

  void set_policy(const delivery::BreakerPolicy& policy);

  /// What may be handed out now.
  struct Room {
    std::size_t events = std::numeric_limits<std::size_t>::max();
    bool is_probe = false;
    std::optional<Instant> wake{};  ///< without room: when to ask again, if settled() does not say so before
  };
  [[nodiscard]] Room room(Instant now);
  /// A probe was handed out. If nobody says by the end of its lock how it ended, it says nothing.
  void begun(Instant locked_until);
  /// Whether there may be room now where there was none.
  [[nodiscard]] bool settled(const delivery::Settled& settled, Instant now);

  [[nodiscard]] delivery::Breaker::Facts facts(Instant now) const;

 private:
  struct Probe {
    delivery::Breaker::Ticket ticket;
    Instant until;
  };
  struct State {
    delivery::Breaker breaker;
    std::optional<Probe> probe{};  ///< that is under way
  };
  void say(const delivery::Breaker::Facts& before, const delivery::Breaker::Facts& after, Instant now) const;

  const std::string id_;
  const std::shared_ptr<spdlog::logger> diagnostics_;
  Guarded<State> state_;
};

}  // namespace millrace::runtime
