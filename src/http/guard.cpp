#include "guard.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "millrace/core/escaped.hpp"

namespace millrace::http {

namespace {

constexpr std::string_view end_of_section = "\r\n\r\n";

bool is_token_char(unsigned char c) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         marks.find(static_cast<char>(c)) != std::string_view::npos;
}

std::string quoted(std::string_view text) { return "\"" + escaped(std::string(text)) + "\""; }

std::optional<Problem> refuse_line(std::string_view line, bool first) {
  for (const char each : line) {
    const auto c = static_cast<unsigned char>(each);
    if (c == '\r' || c == '\n' || c == '\0') {
      return problems::malformed("a line of the header section holds a NUL, a CR or an LF of its own");
    }
    if ((c < ' ' && c != '\t') || c == 0x7f) {
      return problems::malformed("a line of the header section holds a control character");
    }
  }
  if (first) return std::nullopt;
  if (line.front() == ' ' || line.front() == '\t') {
    return problems::malformed("a field goes on in a second line (obs-fold)");
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) {
    return problems::malformed("a line of the header section has no name and colon: " + quoted(line));
  }
  if (!std::ranges::all_of(line.substr(0, colon), is_token_char)) {
    return problems::malformed("the name of a field is no token: " + quoted(line.substr(0, colon)));
  }
  return std::nullopt;
}

/// The host without its port; nothing when it is not well-formed (RFC 3986 §3.2.2 without user information).
std::optional<std::string> host_of(std::string_view value) {
  std::string_view host = value, port;
  if (value.starts_with('[')) {
    const auto end = value.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    host = value.substr(1, end - 1);
    const auto rest = value.substr(end + 1);
    if (!rest.empty() && rest.front() != ':') return std::nullopt;
    port = rest.empty() ? rest : rest.substr(1);
    const auto is_address = [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) || c == ':' || c == '.'; };
    if (host.empty() || !std::ranges::all_of(host, is_address)) return std::nullopt;
  } else {
    const auto colon = value.find(':');
    host = value.substr(0, colon);
    port = colon == std::string_view::npos ? std::string_view() : value.substr(colon + 1);
    const auto is_name = [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' || c == '_';
    };
    if (host.empty() || !std::ranges::all_of(host, is_name)) return std::nullopt;
  }
  if (port.size() > 5 || !std::ranges::all_of(port, [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
  std::string lower(host);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

std::vector<std::string_view> all_of(const std::vector<Field>& fields, std::string_view name) {
  std::vector<std::string_view> values;
  for (const auto& field : fields) {
    if (field.name == name) values.push_back(field.value);
  }
  return values;
}

std::optional<Problem> check_host(const std::vector<Field>& fields, unsigned minor,
                                  const std::vector<std::string>& hosts) {
  const auto given = all_of(fields, "host");
  if (given.size() > 1) return problems::malformed("Host stands " + std::to_string(given.size()) + " times");
  if (given.empty()) {
    if (minor == 0) return std::nullopt;
    return problems::malformed("there is no Host");
  }
  const auto host = host_of(given.front());
  if (!host) return problems::malformed("Host: " + quoted(given.front()) + " is no host");
  if (!hosts.empty() && std::ranges::find(hosts, *host) == hosts.end()) {
    return problems::wrong_host("Host: " + quoted(given.front()) + " is none of http_allowed_hosts");
  }
  return std::nullopt;
}

std::optional<Problem> check_framing(const std::vector<Field>& fields, unsigned minor, Framing& framing) {
  const auto codings = all_of(fields, "transfer-encoding");
  const auto lengths = all_of(fields, "content-length");
  if (!codings.empty()) {
    if (minor == 0) return problems::malformed("Transfer-Encoding in HTTP/1.0");
    if (!lengths.empty()) return problems::malformed("Transfer-Encoding and Content-Length together");
    if (codings.size() > 1) return problems::malformed("Transfer-Encoding stands more than once");
    if (codings.front() != "chunked") {
      return problems::coding_unknown("Transfer-Encoding: " + quoted(codings.front()) + " is not \"chunked\"");
    }
    framing.is_chunked = true;
    return std::nullopt;
  }
  if (lengths.size() > 1) return problems::malformed("Content-Length stands more than once");
  if (lengths.empty()) return std::nullopt;
  const auto text = lengths.front();
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) {
    return problems::malformed("Content-Length: " + quoted(text) + " is no length");
  }
  framing.content_length = length;
  return std::nullopt;
}

}  // namespace

std::size_t header_section_length(std::string_view bytes) {
  const auto end = bytes.find(end_of_section);
  return end == std::string_view::npos ? 0 : end + end_of_section.size();
}

bool brings_events(std::string_view section) {
  constexpr std::string_view method = "POST ", place = "/v1/topics/", ending = "/events", routed = "/v1/events";
  if (!section.starts_with(method)) return false;
  section.remove_prefix(method.size());
  const auto path = section.substr(0, section.find_first_of(" ?\r\n"));
  return path.size() < section.size() && (path == routed || (path.starts_with(place) && path.ends_with(ending)));
}

std::optional<Problem> refuse_section(std::string_view section, const HeaderLimits& limits) {
  if (section.size() > limits.section_max) {
    return problems::fields_too_large("the header section has more than " + std::to_string(limits.section_max) +
                                      " bytes");
  }
  auto rest = section.substr(0, section.size() - end_of_section.size());
  std::size_t lines = 0;
  while (!rest.empty()) {
    const auto end = rest.find("\r\n");
    const auto line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 2);
    const bool first = lines++ == 0;
    if (line.size() > limits.line_max) {
      auto detail = "a line has more than " + std::to_string(limits.line_max) + " bytes";
      return first ? problems::target_too_long(std::move(detail)) : problems::fields_too_large(std::move(detail));
    }
    if (line.empty()) return problems::malformed("there is an empty line before the request");
    if (auto refused = refuse_line(line, first)) return refused;
  }
  if (lines > limits.fields_max + 1) {
    return problems::fields_too_large("there are more than " + std::to_string(limits.fields_max) + " fields");
  }
  return std::nullopt;
}

Checked check_fields(const std::vector<Field>& fields, unsigned minor, const std::vector<std::string>& hosts) {
  Checked checked;
  checked.problem = check_host(fields, minor, hosts);
  if (!checked.problem) checked.problem = check_framing(fields, minor, checked.framing);
  if (!checked.problem) {
    for (const auto site : all_of(fields, "sec-fetch-site")) {
      if (site == "cross-site") {
        checked.problem = problems::forbidden("Sec-Fetch-Site: a page of another site asked for it");
      }
    }
  }
  return checked;
}

}  // namespace millrace::http
