#include "millrace/core/escaped.hpp"

#include <cstdint>

#include "millrace/core/utf8.hpp"

namespace millrace::inline core {
namespace {

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
    const Character next = first_of(rest);
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
    const Character next = first_of(text);
    if (next.length == 0) return false;
    text.remove_prefix(next.length);
  }
  return true;
}

}  // namespace millrace::inline core
