#include "web_socket_handshake.hpp"

#include <algorithm>
#include <string>

#include "event_input.hpp"

namespace millrace::http::routes {

namespace {

bool is_listed(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const auto end = std::min(list.find(','), list.size());
    auto each = list.substr(0, end);
    list.remove_prefix(std::min(end + 1, list.size()));
    const auto first = each.find_first_not_of(" \t");
    if (first == std::string_view::npos) continue;
    each = each.substr(first, each.find_last_not_of(" \t") - first + 1);
    if (each == word) return true;
  }
  return false;
}

Problem none_spoken(std::span<const std::string_view> spoken) {
  std::string names;
  for (const auto each : spoken) names += (names.empty() ? "" : " and ") + std::string(each);
  return problems::invalid("Sec-WebSocket-Protocol: " + names + (spoken.size() == 1 ? " is" : " are") + " spoken here");
}

}  // namespace

tl::expected<std::size_t, Problem> agree_on(const Request& request, std::span<const std::string_view> spoken) {
  const auto upgrade = field_of(request, "upgrade").value_or("");
  if (!is_listed(upgrade, "websocket") || !field_of(request, "sec-websocket-key")) {
    Problem problem{426, "upgrade-required", "This is a WebSocket", "Upgrade: websocket (RFC 6455) is missing"};
    problem.fields = {{"Upgrade", "websocket"}, {"Sec-WebSocket-Version", "13"}};
    return tl::unexpected(std::move(problem));
  }
  const auto offered = field_of(request, "sec-websocket-protocol").value_or("");
  const auto found = std::ranges::find_if(spoken, [&](const auto each) { return is_listed(offered, each); });
  if (found == spoken.end()) return tl::unexpected(none_spoken(spoken));
  // A page of another site may open a WebSocket without asking; what it says of itself is its origin.
  const auto origin = field_of(request, "origin");
  const auto host = field_of(request, "host").value_or("");
  if (origin && *origin != "http://" + std::string(host) && *origin != "https://" + std::string(host)) {
    return tl::unexpected(problems::forbidden("Origin: a page of another site asked for it"));
  }
  return static_cast<std::size_t>(found - spoken.begin());
}

}  // namespace millrace::http::routes
