#include <algorithm>
#include <span>

#include "millrace/subscriptions/sink.hpp"
#include "text.hpp"

namespace millrace::subscriptions {

namespace {

constexpr std::string_view of_the_connection[] = {
    "connection",          "expect",           "host", "http2-settings", "keep-alive",        "proxy-authenticate",
    "proxy-authorization", "proxy-connection", "te",   "trailer",        "transfer-encoding", "upgrade",
};

constexpr std::string_view of_the_broker[] = {"date", "prefer", "traceparent", "tracestate", "user-agent"};

constexpr std::string_view secret[] = {"authorization", "cookie"};

constexpr std::string_view punctuation = "!#$%&'*+-.^_`|~";  // RFC 9110, section 5.6.2

bool is_among(std::string_view name, std::span<const std::string_view> names) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

std::optional<std::string_view> why_not_header(std::string_view name) {
  const bool is_token = !name.empty() && std::ranges::all_of(name, [](char c) {
    return is_alpha(c) || is_digit(c) || punctuation.find(c) != std::string_view::npos;
  });
  if (!is_token) return "is no name of a header field (RFC 9110, section 5.1)";
  const auto field = lower(name);
  if (is_among(field, of_the_connection)) return "is about the connection";
  if (field.starts_with("ce-") || field.starts_with("content-")) return "is written from the event";
  if (field.starts_with("webhook-") || field.starts_with("millrace-") || is_among(field, of_the_broker))
    return "is written by the broker";
  if (is_among(field, secret)) return "holds a secret, and headers are shown to readers; use sinkcredential";
  return std::nullopt;
}

}  // namespace millrace::subscriptions
