#include "head.hpp"

#include <algorithm>
#include <array>

#include "millrace/core/escaped.hpp"

namespace millrace::sender {

namespace {

using namespace std::string_view_literals;

constexpr std::array own_fields{
    "connection"sv, "content-length"sv,    "expect"sv,           "host"sv,    "keep-alive"sv, "te"sv,
    "trailer"sv,    "transfer-encoding"sv, "proxy-connection"sv, "upgrade"sv, "user-agent"sv};
/// A request without a body says so where one would be expected (RFC 9110, section 8.6).
constexpr std::array with_body{"POST"sv, "PUT"sv, "PATCH"sv};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_token(std::string_view text) {
  constexpr auto others = "!#$%&'*+-.^_`|~0123456789"sv;
  return !text.empty() &&
         std::ranges::all_of(text, [&](char c) { return is_letter(c) || others.find(c) != std::string_view::npos; });
}

bool is_value(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return (c >= 0 && c < ' ' && c != '\t') || c == '\x7f'; });
}

bool is_target(std::string_view text) {
  return text.starts_with('/') && std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

bool is_own(std::string_view name) {
  std::string small(name);
  for (char& c : small) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return std::ranges::find(own_fields, small) != own_fields.end();
}

void add_field(std::string& head, std::string_view name, std::string_view value) {
  head.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

std::string authority_of(const subscriptions::SinkUrl& sink) {
  const bool is_v6 = sink.address && sink.address->is_v6;
  auto text = is_v6 ? "[" + sink.host + "]" : sink.host;
  if (sink.port != (sink.is_secure ? 443 : 80)) text += ":" + std::to_string(sink.port);
  return text;
}

Result<std::string> head_of(const subscriptions::SinkUrl& sink, const Outgoing& request, std::string_view version) {
  const auto& target = request.target.empty() ? sink.target : request.target;
  if (!is_token(request.method)) return failure(Errc::invalid, "the method is no token");
  if (!is_target(target)) return failure(Errc::invalid, "the target is no path of visible ASCII");
  if (!is_value(request.content_type)) return failure(Errc::invalid, "Content-Type has a control character");
  std::string head = request.method + " " + target + " HTTP/1.1\r\n";
  add_field(head, "Host", authority_of(sink));
  add_field(head, "User-Agent", "millrace/" + std::string(version));
  if (!request.content_type.empty()) add_field(head, "Content-Type", request.content_type);
  if (!request.body.empty() || std::ranges::find(with_body, request.method) != with_body.end())
    add_field(head, "Content-Length", std::to_string(request.body.size()));
  for (const auto& [name, value] : request.fields) {
    if (!is_token(name)) return failure(Errc::invalid, "\"" + escaped(name) + "\" is no name of a field");
    if (is_own(name)) return failure(Errc::invalid, "the field " + name + " is the connection's own");
    if (!is_value(value)) return failure(Errc::invalid, "the field " + name + " has a control character");
    add_field(head, name, value);
  }
  return head += "\r\n";
}

}  // namespace millrace::sender
