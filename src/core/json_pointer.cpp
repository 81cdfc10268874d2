#include "millrace/core/json_pointer.hpp"

#include "millrace/core/escaped.hpp"

namespace millrace::inline core {

std::string pointer_token(std::string_view name, std::size_t bytes_max) {
  std::string token;
  for (const char c : escaped(name, bytes_max)) {
    if (c == '~') {
      token += "~0";
    } else if (c == '/') {
      token += "~1";
    } else {
      token += c;
    }
  }
  return token;
}

}  // namespace millrace::inline core
