#include "millrace/core/endpoint.hpp"

namespace millrace::inline core {

std::string Endpoint::to_string() const {
  const bool is_v6 = host.find(':') != std::string::npos;
  return (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace millrace::inline core
