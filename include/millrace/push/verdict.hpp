#pragma once
// What becomes of an event after an attempt to push it to a sink, and of the sink: the whole table of docs/push.md.
//
// Pure: it is told what the sink has answered, or how the attempt ended without an answer, what is known of the sink,
// and the time. It does not count attempts: how often a failed event is tried is delivery's affair
// (delivery/policy.hpp), and how fast a sink is asked is sink_state.hpp's. Values; any thread.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/delivery/breaker.hpp"
#include "millrace/delivery/event.hpp"

namespace millrace::push {

/// How an attempt ended.
enum class Ending : std::uint8_t {
  answered,
  connect_error,  ///< no address, nobody listens, or the connection was lost before there was an answer
  tls_error,      ///< no handshake, or a certificate that is not trusted
  timeout,        ///< no whole answer in time
};

struct Attempt {
  Ending ending = Ending::answered;
  unsigned status = 0;             ///< of the answer
  std::string_view retry_after{};  ///< its field as it came; empty: there was none
  std::string_view cause{};        ///< why there was no answer, for people
};

/// Whether a fresh token may be asked for when the one that this attempt went out with is refused.
enum class Refresh : std::uint8_t {
  impossible,  ///< there is no token, or nobody to ask for another
  possible,
  done,      ///< this is the fresh one, and no attempt has succeeded with it
  outdated,  ///< another attempt was faster: there is a newer one than this
};

struct SinkFacts {
  bool was_verified = false;  ///< its handshake was good once: a 404 may pass
  Refresh refresh = Refresh::impossible;
};

/// Statuses, whole classes of them, and the ways in which there is no answer. A value.
class Statuses {
 public:
  /// "408, 5xx, timeout": separated by commas, with or without blanks; an empty text names none. From 400 to 599,
  /// because what a 2xx says is not for us to change and a redirect is never followed, and not 410, with which a sink
  /// says that it wants nothing more; `timeout`, and `connection`, with that of TLS. Errc::invalid names what is wrong,
  /// Errc::too_large a list beyond `statuses_max`.
  [[nodiscard]] static Result<Statuses> parse(std::string_view text);

  [[nodiscard]] bool names(unsigned status) const;
  [[nodiscard]] bool names(Ending ending) const;
  [[nodiscard]] bool names_class_of(unsigned status) const;
  /// Whether something is named by both in the same way.
  [[nodiscard]] bool clashes_with(const Statuses& other) const;
  bool operator==(const Statuses&) const = default;

 private:
  [[nodiscard]] Result<void> add(std::string_view item);

  std::vector<unsigned> single_;   ///< ascending
  std::vector<unsigned> classes_;  ///< 4, 5, ascending
  bool has_timeout_ = false;
  bool has_connection_ = false;
};
inline constexpr std::size_t statuses_max = 64;  ///< of one list; nobody has so many

/// What a subscription says otherwise than the table: `retryon` and `failon`. A status counts before its class.
struct Overrides {
  Statuses retry_on;
  Statuses fail_on;
  bool operator==(const Overrides&) const = default;
};
/// Errc::invalid when both name the same.
[[nodiscard]] Result<void> check(const Overrides& overrides);

enum class Fate : std::uint8_t {
  settled,   ///< delivered: acknowledge
  released,  ///< it is not the event's fault: give it back without a failure
  failed,    ///< try it again: after its back-off, or after `at_least` if that is longer
  rejected,  ///< dead at once
};

enum class Suspension : std::uint8_t {
  none,
  retired,       ///< 410: the sink wants no more (WH-4)
  unauthorized,  ///< 401 or 403, with the freshest token that there is
};
/// "sink-retired", "sink-unauthorized"; empty for none. For `status` of a subscription.
[[nodiscard]] std::string_view name_of(Suspension suspension) noexcept;

/// What an attempt says of the sink as a whole, for its breaker. Unknown: it answered, but not about the event: too
/// many at once, a token, its end.
using Health = delivery::Health;

struct Verdict {
  Fate fate = Fate::settled;
  delivery::FailedAttempt failure{};  ///< of one that failed or was rejected
  Milliseconds at_least{0};           ///< what the sink asks for, at most a day
  Milliseconds pause{0};              ///< for which nothing is sent to the sink at all (WH-5)
  Suspension suspension = Suspension::none;
  bool refresh_token = false;  ///< once; until it is there, nothing should be sent to the sink
  Health health = Health::good;
};

/// How long a sink is left alone that answers 429 and does not say for how long, though it must.
inline constexpr Milliseconds unsaid_pause{1'000};

/// Requires: check(overrides) passed.
[[nodiscard]] Verdict judge(const Attempt& attempt, const SinkFacts& sink, const Overrides& overrides, Timestamp now);

}  // namespace millrace::push
