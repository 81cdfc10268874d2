#pragma once
// Where spans are sent: the URL of a collector that takes OTLP over HTTP. Pure.

#include <optional>
#include <string>
#include <string_view>

#include "millrace/core/endpoint.hpp"

namespace millrace::tracing {

struct CollectorUrl {
  Endpoint at;
  std::string path;

  bool operator==(const CollectorUrl&) const = default;
};

/// "http://127.0.0.1:4318/v1/traces"; the port is 80 and the path /v1/traces where the URL has none. Nothing for
/// another scheme (there is no TLS here yet), for one with a user, a query or a fragment, and for what is no URL.
[[nodiscard]] std::optional<CollectorUrl> parse_collector(std::string_view url);

}  // namespace millrace::tracing
