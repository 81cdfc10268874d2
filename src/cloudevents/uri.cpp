// The grammar of RFC 3986, appendix A, read from left to right.

#include <array>
#include <cstdint>

#include "ascii.hpp"
#include "millrace/cloudevents/rules.hpp"

namespace millrace::cloudevents {

namespace {

enum : std::uint8_t {
  in_name = 1,          ///< unreserved and sub-delims: what a registered name is made of
  in_userinfo = 2,      ///< … and ":"
  in_path = 4,          ///< … and "@", "/"
  in_query = 8,         ///< … and "?"; a fragment has the same
  ends_authority = 16,  ///< "/", "?", "#"
  ends_scheme = 32,     ///< … and ":"
};

constexpr std::array<std::uint8_t, 256> classes = [] {
  std::array<std::uint8_t, 256> table{};
  const auto give = [&table](std::string_view characters, std::uint8_t bits) {
    for (const char c : characters) table[static_cast<std::uint8_t>(c)] |= bits;
  };
  constexpr std::uint8_t all = in_name | in_userinfo | in_path | in_query;
  give("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+,;=", all);
  give(":", in_userinfo | in_path | in_query);
  give("@/", in_path | in_query);
  give("?", in_query);
  give("/?#", ends_authority | ends_scheme);
  give(":", ends_scheme);
  return table;
}();

/// How many characters from `at` on belong to the class, escapes included; where it ends is returned.
std::size_t end_of(std::string_view text, std::size_t at, std::uint8_t bits) noexcept {
  while (at < text.size()) {
    if ((classes[static_cast<std::uint8_t>(text[at])] & bits) != 0) [[likely]] {
      ++at;
    } else if (text[at] == '%' && text.size() - at >= 3 && hex_of(text[at + 1]) >= 0 && hex_of(text[at + 2]) >= 0) {
      at += 3;
    } else {
      break;
    }
  }
  return at;
}

/// The first character of the class; the end when there is none.
std::size_t end_without(std::string_view text, std::uint8_t bits) noexcept {
  std::size_t at = 0;
  while (at < text.size() && (classes[static_cast<std::uint8_t>(text[at])] & bits) == 0) ++at;
  return at;
}

bool is_made_of(std::string_view text, std::uint8_t bits) noexcept { return end_of(text, 0, bits) == text.size(); }

bool is_ipv4(std::string_view text) noexcept {
  for (int part = 0; part < 4; ++part) {
    std::size_t digits = 0;
    int value = 0;
    while (digits < text.size() && digits < 3 && is_digit(text[digits])) value = value * 10 + (text[digits++] - '0');
    if (digits == 0 || value > 255 || (digits > 1 && text[0] == '0')) return false;
    text.remove_prefix(digits);
    if (part == 3) return text.empty();
    if (text.empty() || text[0] != '.') return false;
    text.remove_prefix(1);
  }
  return false;
}

bool is_ipv6(std::string_view text) noexcept {
  constexpr int groups_all = 8;
  int groups = 0;
  bool shortened = false;
  if (text.starts_with("::")) {
    shortened = true;
    text.remove_prefix(2);
  }
  while (!text.empty()) {
    if (groups <= groups_all - 2 && text.find(':') == std::string_view::npos &&
        text.find('.') != std::string_view::npos) {
      if (!is_ipv4(text)) return false;
      groups += 2;
      break;
    }
    std::size_t digits = 0;
    while (digits < text.size() && digits < 4 && hex_of(text[digits]) >= 0) ++digits;
    if (digits == 0) return false;
    ++groups;
    text.remove_prefix(digits);
    if (text.empty()) break;
    if (text.starts_with("::")) {
      if (shortened) return false;
      shortened = true;
      text.remove_prefix(2);
    } else if (text[0] == ':' && text.size() > 1) {
      text.remove_prefix(1);
    } else {
      return false;
    }
  }
  return shortened ? groups < groups_all : groups == groups_all;
}

/// "v" hexadecimal digits "." and at least one character more.
bool is_ip_future(std::string_view text) noexcept {
  if (text.empty() || lower(text[0]) != 'v') return false;
  std::size_t at = 1;
  while (at < text.size() && hex_of(text[at]) >= 0) ++at;
  if (at == 1 || at + 1 >= text.size() || text[at] != '.') return false;
  const std::string_view rest = text.substr(at + 1);
  return rest.find('%') == std::string_view::npos && is_made_of(rest, in_userinfo);
}

bool is_port(std::string_view text) noexcept { return text.find_first_not_of("0123456789") == std::string_view::npos; }

bool is_authority(std::string_view text) noexcept {
  if (const auto at = text.find('@'); at != std::string_view::npos) {
    if (!is_made_of(text.substr(0, at), in_userinfo)) return false;
    text.remove_prefix(at + 1);
  }
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return false;
    const std::string_view address = text.substr(1, close - 1);
    if (!is_ipv6(address) && !is_ip_future(address)) return false;
    const std::string_view rest = text.substr(close + 1);
    return rest.empty() || (rest.front() == ':' && is_port(rest.substr(1)));
  }
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return is_made_of(text, in_name);
  return is_made_of(text.substr(0, colon), in_name) && is_port(text.substr(colon + 1));
}

/// Path, query and fragment, of which each but the first begins with a character that the one before cannot have.
bool is_tail(std::string_view text) noexcept {
  std::size_t at = end_of(text, 0, in_path);
  if (at < text.size() && text[at] == '?') at = end_of(text, at + 1, in_query);
  if (at < text.size() && text[at] == '#') at = end_of(text, at + 1, in_query);
  return at == text.size();
}

/// What follows the scheme, or all of a relative reference.
bool is_rest(std::string_view text) noexcept {
  if (!text.starts_with("//")) return is_tail(text);
  text.remove_prefix(2);
  const std::size_t authority = end_without(text, ends_authority);
  return is_authority(text.substr(0, authority)) && is_tail(text.substr(authority));
}

bool is_scheme(std::string_view text) noexcept {
  if (text.empty() || !is_alpha(text[0])) return false;
  for (const char c : text) {
    if (!is_alpha(c) && !is_digit(c) && c != '+' && c != '-' && c != '.') return false;
  }
  return true;
}

}  // namespace

bool is_uri(std::string_view text) noexcept {
  const std::size_t colon = end_without(text, ends_scheme);
  return colon < text.size() && text[colon] == ':' && is_scheme(text.substr(0, colon)) &&
         is_rest(text.substr(colon + 1));
}

bool is_uri_reference(std::string_view text) noexcept {
  // A colon in the first segment belongs to a scheme, or else to nothing that is allowed there.
  const std::size_t first = end_without(text, ends_scheme);
  if (first == text.size() || text[first] != ':') return is_rest(text);
  return is_scheme(text.substr(0, first)) && is_rest(text.substr(first + 1));
}

}  // namespace millrace::cloudevents
