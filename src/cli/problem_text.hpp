#pragma once
// What a broker says is wrong (RFC 9457, docs/http.md) in words for people. Pure.

#include <string>

#include "client.hpp"

namespace millrace::cli {

[[nodiscard]] inline bool is_problem(const Json& body) { return body.contains("title") && body.contains("detail"); }

/// "title: detail"; where there are errors they stand for the detail, each in a line of its own if they are several:
/// "  /config/maxage: what is wrong (SUB-14)". Requires: is_problem(). Escaped.
[[nodiscard]] std::string problem_text(const Json& problem);

}  // namespace millrace::cli
