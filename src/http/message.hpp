#pragma once
// One request as handlers see it, and what they answer: values, free of sockets and of the library that parses them.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "millrace/tracing/context.hpp"

namespace millrace::http {

class BodySource;
class Conversation;

enum class Method : std::uint8_t { get, head, post, put, patch, delete_, options, trace };

/// The wire's spelling, as in "DELETE".
[[nodiscard]] std::string_view name_of(Method method) noexcept;
/// Nothing for CONNECT, which is about no path, and for all that is no standard method or not in capitals.
[[nodiscard]] std::optional<Method> method_of(std::string_view name) noexcept;

/// A field as it was parsed.
struct Field {
  std::string name;  ///< in lower case
  std::string value;
};

/// Where a request stands in a trace that is kept.
struct RequestTrace {
  tracing::SpanContext span;                     ///< the request's own
  std::optional<tracing::SpanContext> caller{};  ///< whose part it is, if it has said so
};

struct Request {
  Method method = Method::get;
  std::vector<std::string> path;             ///< decoded segments: {"v1", "topics", "a/b"}
  std::map<std::string, std::string> query;  ///< decoded; a name stands once
  std::map<std::string, std::string> named;  ///< segments by the names that the route has for them
  std::string content_type;                  ///< in lower case, without parameters; empty when there is none
  std::vector<Field> fields;                 ///< of the header section, in its order
  std::string body;
  std::string id;                       ///< what the answer and the log call this request
  std::string peer;                     ///< who asks, for the log
  std::optional<RequestTrace> trace{};  ///< nothing when nobody keeps one
  std::function<bool()> is_gone{};      ///< whether who asks has ended the connection; on its thread, until answered
};

struct Response {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> fields;  ///< more header fields
  std::string problem_kind{};                               ///< of an answer that says what is wrong; else empty
  std::shared_ptr<BodySource> source{};                     ///< what the body comes from, instead of `body`
  std::shared_ptr<Conversation> conversation{};             ///< what is said on the WebSocket that it becomes …
  std::string protocol{};                                   ///< … in this subprotocol …
  std::optional<std::chrono::milliseconds> patience{};      ///< … with one who answers a ping within this, unless usual
  std::function<void()> when_unsent{};                      ///< called when the answer could not be sent
};

}  // namespace millrace::http
