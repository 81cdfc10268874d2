#pragma once
// Where something listens or is reached: a host (an address without brackets, or a name) and a port. A value.

#include <cstdint>
#include <string>

namespace millrace::inline core {

struct Endpoint {
  std::string host;
  std::uint16_t port = 0;  ///< 0, for one that listens: the system chooses
  bool operator==(const Endpoint&) const = default;
  /// "host:port", with brackets around an IPv6 address.
  [[nodiscard]] std::string to_string() const;
};

}  // namespace millrace::inline core
