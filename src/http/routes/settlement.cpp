#include "settlement.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "body.hpp"
#include "delivery_limits.hpp"
#include "millrace/core/escaped.hpp"
#include "millrace/delivery/policy.hpp"
#include "web_socket.hpp"

namespace millrace::http::routes {

namespace {

/// Of a frame that means something: a list, in an object, in an object.
constexpr int frame_depth_max = 3;
constexpr std::size_t name_shown_max = 24;

constexpr std::array<std::string_view, 5> verb_names{"acknowledge", "fail", "reject", "release", "renew"};

std::optional<SettleVerb> verb_of(std::string_view name) {
  const auto* const found = std::ranges::find(verb_names, name);
  if (found == verb_names.end()) return std::nullopt;
  return static_cast<SettleVerb>(found - verb_names.begin());
}

tl::unexpected<FrameFault> fault(std::string reason, bool is_json = true) {
  if (reason.size() > WebSocket::reason_bytes_max) {
    auto end = WebSocket::reason_bytes_max;
    while (end > 0 && (static_cast<unsigned char>(reason[end]) & 0xC0U) == 0x80U) --end;
    reason.resize(end);
  }
  return tl::unexpected(FrameFault{.is_json = is_json, .reason = std::move(reason)});
}

/// A name that stands twice would say two things, of which a reader of JSON keeps one.
class FrameReader {
 public:
  tl::expected<Json, FrameFault> read(std::string_view text) {
    const auto judge = [this](int depth, Json::parse_event_t event, Json& parsed) {
      return keeps(depth, event, parsed);
    };
    auto object = Json::parse(text, judge, false);
    if (is_deep_) return fault("the frame is nested deeper than " + std::to_string(frame_depth_max));
    if (object.is_discarded()) return fault("the frame is no JSON", false);
    if (twice_) return fault(escaped(*twice_, name_shown_max) + " stands twice in the frame");
    if (!object.is_object()) return fault("the frame is no JSON object");
    return object;
  }

 private:
  bool keeps(int depth, Json::parse_event_t event, const Json& parsed) {
    using Event = Json::parse_event_t;
    if (depth > frame_depth_max) is_deep_ = true;
    if (is_deep_) return false;
    if (event == Event::object_start) names_.emplace_back();
    if (event == Event::object_end) names_.pop_back();
    if (event == Event::key && !names_.back().insert(parsed.get<std::string>()).second) {
      twice_ = parsed.get<std::string>();
    }
    return true;
  }

  bool is_deep_ = false;
  std::optional<std::string> twice_;
  std::vector<std::set<std::string>> names_;  ///< of the objects that are open
};

Result<Settlement> read_settlement(SettleVerb verb, const std::string& name, const Json& value) {
  if (!value.is_array() && !value.is_object())
    return failure(Errc::invalid, name + ": is neither a list of tokens nor an object with some");
  Settlement settlement{.verb = verb};
  Json object = value.is_object() ? value : Json{{"tokens", value}};
  auto body = Body::inside(std::move(object), name + ".");
  auto tokens = body.list("tokens", delivery_limits::tokens_max);
  if (!tokens) return failure_of(tokens);
  settlement.tokens = std::move(*tokens);
  if (value.is_object() && settlement.tokens.empty())
    return failure(Errc::invalid, name + ".tokens: which events are meant, is not said");
  for (const auto& token : settlement.tokens) {
    if (token.size() > delivery_limits::token_bytes_max)
      return failure(Errc::invalid, name + ".tokens: one has " + std::to_string(token.size()) + " bytes; " +
                                        std::to_string(delivery_limits::token_bytes_max) + " are the most");
  }
  if (auto read = read_details(body, settlement); !read) return failure_of(read);
  if (auto known = body.all_known(); !known) return failure_of(known);
  return settlement;
}

}  // namespace

Result<void> read_details(Body& body, Settlement& into) {
  if (into.verb == SettleVerb::release || into.verb == SettleVerb::fail) {
    const auto delay = body.integer_within("delay_ms", 0, delivery::delay_ceiling.count());
    if (!delay) return failure_of(delay);
    into.delay = Milliseconds(delay->value_or(0));
  }
  if (into.verb == SettleVerb::reject || into.verb == SettleVerb::fail) {
    const auto code = body.number("code");
    if (!code) return failure_of(code);
    auto message = body.text("message");
    if (!message) return failure_of(message);
    into.failure = {
        .reason = delivery::Reason::rejected, .code = code->value_or(0), .message = std::move(*message).value_or("")};
  }
  return {};
}

tl::expected<SettleFrame, FrameFault> parse_settle_frame(std::string_view text) {
  FrameReader reader;
  const auto object = reader.read(text);
  if (!object) return tl::unexpected(object.error());
  SettleFrame frame;
  std::size_t tokens = 0;
  for (const auto& [name, value] : object->items()) {
    if (name == "answer") {
      if (!value.is_boolean()) return fault("answer: is neither true nor false");
      frame.wants_answer = value.get<bool>();
      continue;
    }
    const auto verb = verb_of(name);
    if (!verb)
      return fault(escaped(name, name_shown_max) + " is none of acknowledge, fail, reject, release, renew and answer");
    auto settlement = read_settlement(*verb, name, value);
    if (!settlement) return fault(settlement.error().message);
    tokens += settlement->tokens.size();
    frame.settlements.push_back(*std::move(settlement));
  }
  if (tokens > delivery_limits::tokens_max)
    return fault("tokens: the frame has " + std::to_string(tokens) + "; " +
                 std::to_string(delivery_limits::tokens_max) + " are the most");
  return frame;
}

}  // namespace millrace::http::routes
