#pragma once
// The target of a request (RFC 9112 §3.2) taken apart: path segments and query parameters, percent-decoded (RFC 3986).
// Pure. Refused: what is not origin-form, an encoding that is cut off, NUL, a parameter twice, dot segments, of which
// nobody can tell whether a proxy before us has resolved them.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/result.hpp"

namespace millrace::http {

struct Target {
  std::vector<std::string> path;
  std::map<std::string, std::string> query;
};

/// Errc::invalid says what is wrong.
[[nodiscard]] Result<Target> parse_target(std::string_view text);

/// The text that parse_target() reads as this. All but RFC 3986's unreserved characters are percent-encoded.
[[nodiscard]] std::string to_text(const Target& target);

}  // namespace millrace::http
