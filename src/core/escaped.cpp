#include "millrace/core/escaped.hpp"

#include <cstdint>

namespace millrace::inline core {
namespace {

struct Character {
  char32_t code = 0;
  std::size_t length = 0;  ///< in bytes; 0 when the bytes are not UTF-8
};

/// The first character of a text that is not empty: shortest form only, no surrogates, at most U+10FFFF.
Character decode(std::string_view text) {
  const auto byte = [text](std::size_t at) { return static_cast<std::uint8_t>(text[at]); };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  std::size_t length = 0;
  char32_t code = 0;
  char32_t smallest = 0;
  if ((lead & 0xe0U) == 0xc0) {
    length = 2, code = lead & 0x1fU, smallest = 0x80;
  } else if ((lead & 0xf0U) == 0xe0) {
    length = 3, code = lead & 0x0fU, smallest = 0x800;
  } else if ((lead & 0xf8U) == 0xf0) {
    length = 4, code = lead & 0x07U, smallest = 0x10000;
  } else {
    return {};
  }
  if (text.size() < length) return {};
  for (std::size_t at = 1; at < length; ++at) {
    if ((byte(at) & 0xc0U) != 0x80) return {};
    code = (code << 6U) | (byte(at) & 0x3fU);
  }
  if (code < smallest || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return {};
  return {code, length};
}

/// Characters that end a line, move a cursor or turn the direction of what follows.
bool is_unsafe(char32_t code) {
  return code < 0x20 || (code >= 0x7f && code <= 0x9f) || code == 0x2028 || code == 0x2029 ||
         (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

void append_hex(std::string& out, std::uint32_t value, int digits) {
  static constexpr std::string_view alphabet = "0123456789abcdef";
  for (int digit = digits - 1; digit >= 0; --digit)
    out += alphabet[(value >> (4U * static_cast<unsigned>(digit))) & 0xfU];
}

void append_unsafe(std::string& out, char32_t code) {
  switch (code) {
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  out += code < 0x80 ? "\\x" : "\\u";
  append_hex(out, code, code < 0x80 ? 2 : 4);
}

}  // namespace

std::string escaped(std::string_view client_text, std::size_t bytes_max) {
  std::string out;
  std::size_t shown = 0;
  while (shown < client_text.size()) {
    const std::string_view rest = client_text.substr(shown);
    const Character next = decode(rest);
    const std::size_t length = next.length == 0 ? 1 : next.length;
    if (shown + length > bytes_max) return out + "…";
    if (next.length == 0) {
      out += "\\x";
      append_hex(out, static_cast<std::uint8_t>(rest.front()), 2);
    } else if (is_unsafe(next.code)) {
      append_unsafe(out, next.code);
    } else if (next.code == '\\') {
      out += "\\\\";
    } else {
      out += rest.substr(0, length);
    }
    shown += length;
  }
  return out;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const Character next = decode(text);
    if (next.length == 0) return false;
    text.remove_prefix(next.length);
  }
  return true;
}

}  // namespace millrace::inline core
