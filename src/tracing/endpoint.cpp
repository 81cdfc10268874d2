#include "millrace/tracing/endpoint.hpp"

#include <algorithm>
#include <charconv>

namespace millrace::tracing {

namespace {

constexpr std::string_view scheme = "http://";
constexpr std::string_view usual_path = "/v1/traces";
constexpr std::uint16_t usual_port = 80;
constexpr std::size_t url_max = 2'048;

bool is_in_host(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}
bool is_in_address(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' || c == '.';
}
bool is_in_path(char c) { return c > 0x20 && c < 0x7f && c != '?' && c != '#' && c != '"' && c != '\\'; }

std::optional<std::uint16_t> port_of(std::string_view text) {
  std::uint16_t port = 0;
  const auto* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, port);
  return error == std::errc{} && at == end && port > 0 ? std::optional(port) : std::nullopt;
}

}  // namespace

std::optional<CollectorUrl> parse_collector(std::string_view url) {
  if (url.size() > url_max || !url.starts_with(scheme)) return std::nullopt;
  url.remove_prefix(scheme.size());
  const auto slash = std::min(url.find('/'), url.size());
  auto authority = url.substr(0, slash);
  const auto path = url.substr(slash);
  if (!std::ranges::all_of(path, is_in_path)) return std::nullopt;

  CollectorUrl out{.at = {.host = "", .port = usual_port}, .path = std::string(path.size() > 1 ? path : usual_path)};
  if (authority.starts_with('[')) {
    const auto close = authority.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    const auto address = authority.substr(1, close - 1);
    if (address.find(':') == std::string_view::npos || !std::ranges::all_of(address, is_in_address))
      return std::nullopt;
    out.at.host = std::string(address);
    authority.remove_prefix(close + 1);
  } else {
    const auto end = std::min(authority.find(':'), authority.size());
    const auto host = authority.substr(0, end);
    if (host.empty() || !std::ranges::all_of(host, is_in_host)) return std::nullopt;
    out.at.host = std::string(host);
    authority.remove_prefix(end);
  }
  if (authority.empty()) return out;
  if (authority.front() != ':') return std::nullopt;
  const auto port = port_of(authority.substr(1));
  if (!port) return std::nullopt;
  out.at.port = *port;
  return out;
}

}  // namespace millrace::tracing
