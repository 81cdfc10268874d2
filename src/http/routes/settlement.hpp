#pragma once
// What consumers say of events that they have in hand: how they are settled. And the frames in which it is said on a
// WebSocket. Pure.
//
//   {"acknowledge": ["0.4.8f.1x"], "fail": {"tokens": ["0.5.8f.1x"], "code": 503, "message": "busy"}, "answer": true}
//
// Each of acknowledge, fail, reject, release and renew is a list of tokens, or the object that the body of a request
// of that name is. They are settled in the order in which they stand.

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/delivery/event.hpp"

namespace millrace::http::routes {

class Body;

enum class SettleVerb : std::uint8_t { acknowledge, fail, reject, release, renew };

struct Settlement {
  SettleVerb verb = SettleVerb::acknowledge;
  std::vector<std::string> tokens{};
  Milliseconds delay{0};              ///< of fail and release
  delivery::FailedAttempt failure{};  ///< of fail and reject
};

struct SettleFrame {
  std::vector<Settlement> settlements{};
  bool wants_answer = false;  ///< of all tokens; else only those are told that could not be settled
};

/// Why a frame is none.
struct FrameFault {
  bool is_json = true;   ///< it is, but breaks a rule
  std::string reason{};  ///< the field and the rule, in as many bytes of UTF-8 as the reason of a close may have
};

/// At most delivery_limits::tokens_max tokens.
[[nodiscard]] tl::expected<SettleFrame, FrameFault> parse_settle_frame(std::string_view text);

/// `delay_ms`, `code` and `message`, as far as the verb has them. Errc::invalid names the field, its value and the
/// rule.
[[nodiscard]] Result<void> read_details(Body& body, Settlement& into);

}  // namespace millrace::http::routes
