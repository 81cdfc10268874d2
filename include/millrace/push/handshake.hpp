#pragma once
// The handshake that keeps a sender from flooding who never asked for it (CloudEvents, "HTTP 1.1 Web Hooks for Event
// Delivery" 1.0.2, section 4; rows WH-8 to WH-13): what we ask a sink, what its answer means, and the keys by which it
// may consent later.
//
// Pure: it is told the time and given chance. The request is an OPTIONS to the exact URI of the sink, without a body.
// Consent is in the header fields of the answer alone: its status says nothing, so nobody is asked for it here.

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "millrace/cloudevents/http.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/push/fields.hpp"

namespace millrace::push {

/// Requests a minute, at least 1; nothing: as many as we like.
struct Rate {
  std::optional<std::uint32_t> per_minute{};
  bool operator==(const Rate&) const = default;
};

/// What we ask for.
struct Proposal {
  std::string origin;                         ///< a DNS name for all brokers of this system
  std::optional<std::uint32_t> rate{};        ///< requests a minute; nothing: we do not ask
  std::optional<std::string> callback_url{};  ///< where consent may come later; nothing: it may not
};
inline constexpr std::size_t callback_url_bytes_max = 2 * limits::KiB;

/// Errc::invalid or Errc::too_large names what is wrong: an origin that is no DNS name, a rate of 0, a URL that is not
/// of https or has characters that no URL has.
[[nodiscard]] Result<void> check(const Proposal& proposal);

/// WebHook-Request-Origin, -Rate and -Callback. Requires: check() passed.
[[nodiscard]] Fields fields_of(const Proposal& proposal);

enum class Consent : std::uint8_t {
  granted,
  refused,
  awaited,  ///< nothing was said, and it may still come by the callback
};

struct Judgement {
  Consent consent = Consent::refused;
  Rate rate{};        ///< that was granted
  std::string why{};  ///< there is no consent: for people
};

/// WH-10: WebHook-Allowed-Origin is our origin, in any letter case, or "*"; and WebHook-Allowed-Rate is "*" or a number
/// of at least 1, if a rate was asked for or the field is there at all. A field that comes twice and says two things
/// says nothing. `answer` are all header fields, in any letter case.
[[nodiscard]] Judgement judge(const Proposal& proposal, std::span<const cloudevents::HeaderField> answer);

/// Of the callback, by what it asks for.
enum class CallbackError : std::uint8_t {
  none,
  method,       ///< neither GET nor POST
  unknown_key,  ///< never there, used, replaced, or expired: one answer for all
  rate,         ///< WebHook-Allowed-Rate is neither "*" nor a number; the key remains good
};

struct CallbackAnswer {
  CallbackError error = CallbackError::none;
  unsigned status = 200;
  Fields fields{};
  std::string body{};          ///< one line of text for people: an administrator may have called by hand
  std::string subscription{};  ///< whose sink has consented
  Rate rate{};                 ///< to this
};

/// The sinks that may still consent. Owned.
class CallbackKeys {
 public:
  /// Of chance, and never twice: whoever guesses a key speaks for the sink.
  using Seed = std::array<std::uint64_t, 2>;

  explicit CallbackKeys(Milliseconds lifetime, std::size_t keys_max = 10'000)
      : lifetime_(lifetime), keys_max_(keys_max) {}

  /// A key for the URL of the callback: 32 digits of lower-case hex. One that the subscription had before is worth
  /// nothing any longer. Errc::busy when as many as may be are awaited.
  [[nodiscard]] Result<std::string> issue(std::string_view subscription, Rate asked, const Seed& seed, Instant now);
  /// WH-12: GET or POST consents, to the rate that the request says, or else to the one that was asked for. A key is
  /// good once.
  [[nodiscard]] CallbackAnswer redeem(std::string_view method, std::string_view key,
                                      std::span<const cloudevents::HeaderField> request, Instant now);
  /// The subscription is gone, or its sink is another one.
  void revoke(std::string_view subscription);

  /// Whose key has expired; they wait no longer.
  [[nodiscard]] std::vector<std::string> tick(Instant now);
  [[nodiscard]] std::optional<Instant> next_deadline() const;
  [[nodiscard]] std::size_t size() const { return by_key_.size(); }

 private:
  struct Awaited {
    std::string subscription;
    Rate asked;
    Instant until;
  };
  using ByKey = std::map<std::string, Awaited, std::less<>>;
  void forget(ByKey::iterator at);

  Milliseconds lifetime_;
  std::size_t keys_max_;
  ByKey by_key_;
  std::map<std::string, std::string, std::less<>> by_subscription_;  ///< its key
  std::set<std::pair<Instant, std::string>> by_expiry_;
};

}  // namespace millrace::push
