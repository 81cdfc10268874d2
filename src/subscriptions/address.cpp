#include <algorithm>
#include <cstddef>
#include <span>

#include "millrace/subscriptions/sink.hpp"
#include "text.hpp"

namespace millrace::subscriptions {

namespace {

/// The number of at most three digits in front, without leading zeros, taken off the text.
std::optional<std::uint8_t> take_octet(std::string_view& text) {
  std::size_t digits = 0;
  unsigned value = 0;
  while (digits < text.size() && digits < 3 && is_digit(text[digits]))
    value = value * 10 + static_cast<unsigned>(text[digits++] - '0');
  if (digits == 0 || value > 255 || (digits > 1 && text[0] == '0')) return std::nullopt;
  text.remove_prefix(digits);
  return static_cast<std::uint8_t>(value);
}

/// Writes four bytes.
bool read_v4(std::string_view text, std::uint8_t* into) {
  for (int part = 0; part < 4; ++part) {
    if (part > 0) {
      if (!text.starts_with('.')) return false;
      text.remove_prefix(1);
    }
    const auto octet = take_octet(text);
    if (!octet) return false;
    *into++ = *octet;
  }
  return text.empty();
}

/// Up to four hexadecimal digits, taken off the text.
std::optional<unsigned> take_group(std::string_view& text) {
  std::size_t digits = 0;
  unsigned value = 0;
  while (digits < text.size() && digits < 4 && hex_of(text[digits]) >= 0)
    value = value << 4U | static_cast<unsigned>(hex_of(text[digits++]));
  if (digits == 0) return std::nullopt;
  text.remove_prefix(digits);
  return value;
}

/// Groups between colons, the last two perhaps as an address of IPv4, until the text ends or "::" comes. How many bytes
/// were written; nothing when it is wrong.
std::optional<std::size_t> read_groups(std::string_view& text, std::span<std::uint8_t> into) {
  std::size_t at = 0;
  while (!text.empty() && !text.starts_with("::")) {
    if (at > 0) {
      if (!text.starts_with(':')) return std::nullopt;
      text.remove_prefix(1);
    }
    if (text.find(':') == std::string_view::npos && text.find('.') != std::string_view::npos) {
      if (into.size() - at < 4 || !read_v4(text, into.data() + at)) return std::nullopt;
      text = {};
      return at + 4;
    }
    const auto group = take_group(text);
    if (!group || into.size() - at < 2) return std::nullopt;
    into[at++] = static_cast<std::uint8_t>(*group >> 8U);
    into[at++] = static_cast<std::uint8_t>(*group & 255U);
  }
  return at;
}

std::optional<Address> read_v6(std::string_view text) {
  Address address{.is_v6 = true};
  const auto before = read_groups(text, address.bytes);
  if (!before) return std::nullopt;
  if (text.empty()) return *before == 16 ? std::optional(address) : std::nullopt;
  text.remove_prefix(2);  // "::", which stands for at least one group
  std::array<std::uint8_t, 16> rest{};
  const auto after = read_groups(text, rest);
  if (!after || !text.empty() || *before + *after > 14) return std::nullopt;
  std::copy_n(rest.begin(), *after, address.bytes.end() - static_cast<std::ptrdiff_t>(*after));
  return address;
}

/// The longest run of at least two zero groups, the first of equal ones: from and to.
std::pair<std::size_t, std::size_t> longest_zeros(const std::array<unsigned, 8>& groups) {
  std::pair<std::size_t, std::size_t> best{8, 8};
  for (std::size_t from = 0; from < groups.size(); ++from) {
    std::size_t to = from;
    while (to < groups.size() && groups[to] == 0) ++to;
    if (to - from >= 2 && to - from > best.second - best.first) best = {from, to};
  }
  return best;
}

}  // namespace

std::optional<Address> parse_address(std::string_view text) {
  if (text.find(':') != std::string_view::npos) return read_v6(text);
  Address address;
  return read_v4(text, address.bytes.data()) ? std::optional(address) : std::nullopt;
}

std::string Address::to_string() const {
  if (!is_v6) {
    std::string out = std::to_string(bytes[0]);
    for (std::size_t at = 1; at < 4; ++at) out += "." + std::to_string(bytes[at]);
    return out;
  }
  std::array<unsigned, 8> groups{};
  for (std::size_t at = 0; at < 8; ++at) groups[at] = static_cast<unsigned>(bytes[2 * at]) << 8U | bytes[2 * at + 1];
  const auto [from, to] = longest_zeros(groups);
  std::string out;
  for (std::size_t at = 0; at < 8; ++at) {
    if (at == from && to > from) {
      out += "::";
      at = to - 1;
      continue;
    }
    if (!out.empty() && out.back() != ':') out += ':';
    bool is_begun = false;
    for (int shift = 12; shift >= 0; shift -= 4) {
      const auto digit = groups[at] >> static_cast<unsigned>(shift) & 15U;
      is_begun = is_begun || digit != 0 || shift == 0;
      if (is_begun) out += "0123456789abcdef"[digit];
    }
  }
  return out;
}

}  // namespace millrace::subscriptions
