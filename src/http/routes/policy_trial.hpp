#pragma once
// What would become of an event of a subscription whose every attempt ends alike: when it is tried, and what follows.
// It is delivery's own machine that decides, and push that judges; here they are only asked, by a clock of nobody's.
// Pure.

#include <optional>
#include <string>
#include <vector>

#include "millrace/delivery/partition_delivery.hpp"
#include "millrace/push/verdict.hpp"

namespace millrace::http::routes {

/// How each attempt ends. One of them.
struct TrialOutcome {
  enum class Kind : std::uint8_t {
    pushed,    ///< `attempt` says how, and push what it means
    fails,     ///< whoever has it says that it failed
    rejects,   ///< … that it is not to be tried again
    runs_out,  ///< nobody says anything while the lock lasts
  };
  Kind kind = Kind::fails;
  push::Attempt attempt{};
  push::Overrides overrides{};  ///< of the subscription
};

struct Trial {
  enum class End : std::uint8_t {
    settled,    ///< by the first attempt that ends well
    dead,       ///< a dead letter is to be written
    discarded,  ///< dead, and the policy wants no letters
    suspended,  ///< the subscription is; the event is tried when it is resumed
    goes_on,    ///< it is tried again without an end
  };
  std::vector<Milliseconds>
      attempts;  ///< when each begins, since the first; an attempt takes no time unless it runs out
  End end = End::goes_on;
  Milliseconds ended{0};
  delivery::Reason reason = delivery::Reason::none;  ///< of End::dead
  delivery::Failures failures{};                     ///< likewise: what its letter says
  push::Suspension suspension = push::Suspension::none;
};

/// So many attempts are told at most.
inline constexpr std::size_t trial_attempts_max = 1'000;

/// Without jitter: an attempt comes at the moment told, or earlier by at most backoff.jitter_percent of its delay.
/// Requires: check(policy) passed.
[[nodiscard]] Trial tried(delivery::Policy policy, const TrialOutcome& outcome);

}  // namespace millrace::http::routes
