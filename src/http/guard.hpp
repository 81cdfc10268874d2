#pragma once
// What is checked of a header section beyond what the parser checks: everything on which two readers of the same bytes
// could disagree, and so be made to see different requests (RFC 9112 §11.2), and the host, so that a page in a browser
// cannot reach a broker on its own machine under a name of its choosing (DNS rebinding). Pure.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "problem.hpp"

namespace millrace::http {

/// Lengths in bytes.
struct HeaderLimits {
  std::size_t section_max = 16 * 1024;
  std::size_t line_max = 8 * 1024;
  std::size_t fields_max = 100;
};

/// The length of a whole header section, with the empty line that ends it; 0 while it is not all there.
[[nodiscard]] std::size_t header_section_length(std::string_view bytes);

/// Looks at the bytes of a whole section. Nothing when they may go to the parser.
[[nodiscard]] std::optional<Problem> refuse_section(std::string_view section, const HeaderLimits& limits);

/// Whether the request whose first bytes these are publishes an event, whose attributes stand in the header section: an
/// intermediary takes events of 64 KiB, whatever part of them that is.
[[nodiscard]] bool brings_events(std::string_view section);

/// What the parsed section means for the body that follows.
struct Framing {
  bool is_chunked = false;
  std::optional<std::uint64_t> content_length;
};

struct Checked {
  std::optional<Problem> problem;
  Framing framing;
};

/// Looks at the fields. `minor` is that of HTTP/1.minor. `hosts` are the names that are served, in lower case; empty:
/// every well-formed one, for a listener that no browser reaches.
[[nodiscard]] Checked check_fields(const std::vector<Field>& fields, unsigned minor,
                                   const std::vector<std::string>& hosts);

}  // namespace millrace::http
