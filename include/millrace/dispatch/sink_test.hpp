#pragma once
// A test of a sink: what it says when it is asked whether it wants events, what it answers to one event that was made
// up for it, and what that answer would have meant for a real one. For whoever knows a protocol to give, and for doors
// to ask, so that doors know neither connections nor what an answer means.
//
// SinkTest is a value. SinkTests: any thread; nothing waits. It changes nothing: no event of the subscription is
// touched, no attempt is counted, and the subscription stays in the state that it has.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/dispatch/runner.hpp"
#include "millrace/runtime/callback.hpp"

namespace millrace::dispatch {

/// Of the event that is made up.
inline constexpr std::string_view test_event_type = "dev.millrace.test";

struct SinkTest {
  enum class Word : std::uint8_t {
    not_asked,  ///< the operator allows no such URL
    granted,
    refused,
    away,  ///< nothing that counts: a subscription would ask again
  };
  struct Consent {
    Word word = Word::not_asked;
    std::int32_t status = 0;                    ///< of the answer; 0: there was none
    std::optional<std::uint32_t> per_minute{};  ///< requests that were granted; nothing: as many as we like
    std::string why{};                          ///< for people, unless it was granted
  };
  struct Answer {
    std::int32_t status = 0;  ///< 0: there was none
    std::string cause{};      ///< why there was none, for people
    Milliseconds took{0};
  };
  enum class WouldBe : std::uint8_t {
    delivered,
    retried,
    dead_lettered,
    discarded,  ///< dead, and the subscription wants no letters
    released,   ///< given back without a failure
    suspended,  ///< the subscription would be, and the event wait in its topic
    pending,    ///< nothing would be sent before the sink has said that it wants events
  };

  Consent consent{};
  std::string event_id{};          ///< empty: none was sent
  std::optional<Answer> answer{};  ///< to the event
  WouldBe would_be = WouldBe::pending;
  std::string reason{};   ///< as letters and suspended subscriptions have it; empty: there is none
  Milliseconds pause{0};  ///< that the sink has asked for
};

class SinkTests {
 public:
  SinkTests() = default;
  SinkTests(const SinkTests&) = delete;
  SinkTests& operator=(const SinkTests&) = delete;
  virtual ~SinkTests() = default;

  /// Requires: Protocol::http. Errc::busy: as many are under way as may be, or the broker stops. `done` is called once,
  /// on any thread.
  virtual void test(SubscriptionPtr subscription, runtime::Callback<void(Result<SinkTest>)> done) = 0;
};

}  // namespace millrace::dispatch
