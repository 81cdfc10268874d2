#include "value_text.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace millrace::app {
namespace {

constexpr std::size_t host_name_max = 253;  // RFC 1035

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_host_name(std::string_view host) {
  const auto fits = [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-';
  };
  if (host.empty() || host.size() > host_name_max || !std::all_of(host.begin(), host.end(), fits)) return false;
  if (host.front() == '-' || host.front() == '.') return false;
  // Digits and dots alone are meant to be an address, so they must be one.
  if (std::any_of(host.begin(), host.end(), [](char c) { return !is_digit(c) && c != '.'; })) return true;
  std::array<unsigned char, 4> v4{};
  return inet_pton(AF_INET, std::string(host).c_str(), v4.data()) == 1;
}

bool is_v6_address(std::string_view host) {
  std::array<unsigned char, 16> v6{};
  return inet_pton(AF_INET6, std::string(host).c_str(), v6.data()) == 1;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

std::optional<std::int64_t> read_integer(std::string_view text) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  std::string digits;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '_') {
      digits += text[at];
    } else if (at == 0 || at + 1 == text.size() || !is_digit(text[at - 1]) || !is_digit(text[at + 1])) {
      return std::nullopt;
    }
  }
  std::int64_t value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stopped, error] = std::from_chars(digits.data(), end, value);
  if (error != std::errc{} || stopped != end) return std::nullopt;
  return value;
}

std::optional<double> read_fraction(std::string_view text) {
  const auto is_part = [](char c) { return is_digit(c) || c == '.'; };
  if (text.empty() || !is_digit(text.front()) || !std::all_of(text.begin(), text.end(), is_part)) return std::nullopt;
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value, std::chars_format::fixed);
  if (error != std::errc{} || stopped != end || value > 1) return std::nullopt;
  return value;
}

std::string print_fraction(double value) {
  std::array<char, 400> digits{};  // the smallest has some 340 behind the point
  const auto* const end =
      std::to_chars(digits.data(), digits.data() + digits.size(), value, std::chars_format::fixed).ptr;
  std::string text(static_cast<const char*>(digits.data()), end);
  if (text.find('.') == std::string::npos) text += ".0";
  return text;
}

std::optional<bool> read_boolean(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return std::nullopt;
}

std::optional<Endpoint> read_endpoint(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view port_text = text.substr(colon + 1);
  if (!std::all_of(port_text.begin(), port_text.end(), is_digit)) return std::nullopt;
  const auto port = read_integer(port_text);
  if (!port || *port > 65535) return std::nullopt;
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    if (!is_v6_address(host)) return std::nullopt;
  } else if (!is_host_name(host)) {
    return std::nullopt;
  }
  return Endpoint{std::string(host), static_cast<std::uint16_t>(*port)};
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> parts;
  if (trimmed(text).empty()) return parts;
  while (true) {
    const auto comma = text.find(',');
    parts.emplace_back(trimmed(text.substr(0, comma)));
    if (comma == std::string_view::npos) return parts;
    text.remove_prefix(comma + 1);
  }
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string print_list(const std::vector<Endpoint>& endpoints) {
  std::string out = "[";
  for (const Endpoint& endpoint : endpoints) out += (out.size() > 1 ? ", " : "") + quoted(endpoint.to_string());
  return out + "]";
}

std::optional<std::string> tell_list(const std::vector<Endpoint>& endpoints, std::string_view prefix) {
  if (endpoints.empty()) return std::nullopt;
  std::string out;
  for (const Endpoint& endpoint : endpoints)
    out += (out.empty() ? "" : ",") + std::string(prefix) + endpoint.to_string();
  return out;
}

std::string wrapped(const std::string& text, const std::string& indent, std::size_t width) {
  std::string out;
  std::string line = indent;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t space = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, space - at);
    if (line.size() > indent.size() && line.size() + word.size() > width) {
      line.pop_back();
      out += line + "\n";
      line = indent;
    }
    line += word + " ";
    at = space + 1;
  }
  line.pop_back();
  return out + line + "\n";
}

}  // namespace millrace::app
