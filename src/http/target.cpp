#include "target.hpp"

#include <optional>

#include "millrace/core/escaped.hpp"

namespace millrace::http {

namespace {

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> decoded(std::string_view text, bool plus_is_blank) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = digit_of(text[i + 1]), low = digit_of(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (c == '+' && plus_is_blank) {
      c = ' ';
    }
    if (c == '\0') return std::nullopt;
    out += c;
  }
  return out;
}

/// The part before the next `at`, which `rest` loses with it.
std::string_view next_part(std::string_view& rest, char at) {
  const auto end = rest.find(at);
  const auto part = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return part;
}

std::string encoded(std::string_view text) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (is_letter || (c >= '0' && c <= '9') || std::string_view("-._~").find(c) != std::string_view::npos) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += hex[byte >> 4U];
    out += hex[byte & 15U];
  }
  return out;
}

tl::unexpected<Error> refused(std::string_view text, const char* why) {
  return failure(Errc::invalid, "target " + escaped(std::string(text)) + ": " + why);
}

}  // namespace

Result<Target> parse_target(std::string_view text) {
  if (text.empty() || text.front() != '/') return refused(text, "it does not begin with a slash");
  if (text.find('#') != std::string_view::npos) return refused(text, "it has a fragment");
  for (const char each : text) {
    const auto c = static_cast<unsigned char>(each);
    if (c <= ' ' || c >= 0x7f) return refused(text, "it has a character that must be percent-encoded");
  }
  Target target;
  auto query = text;
  auto path = next_part(query, '?').substr(1);
  while (!path.empty()) {
    const auto segment = decoded(next_part(path, '/'), false);
    if (!segment) return refused(text, "a percent-encoding is cut off or means NUL");
    if (*segment == "." || *segment == "..") return refused(text, "it has a dot segment");
    if (segment->empty()) return refused(text, "it has an empty segment");
    target.path.push_back(*segment);
  }
  while (!query.empty()) {
    auto value = next_part(query, '&');
    const auto name = decoded(next_part(value, '='), true);
    const auto decoded_value = decoded(value, true);
    if (!name || !decoded_value) return refused(text, "a percent-encoding is cut off or means NUL");
    if (!target.query.emplace(*name, *decoded_value).second) return refused(text, "it has a parameter twice");
  }
  return target;
}

std::string to_text(const Target& target) {
  std::string text;
  for (const auto& segment : target.path) text += "/" + encoded(segment);
  if (text.empty()) text = "/";
  char before = '?';
  for (const auto& [name, value] : target.query) {
    text += before + encoded(name) + "=" + encoded(value);
    before = '&';
  }
  return text;
}

}  // namespace millrace::http
