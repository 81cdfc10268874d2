#include "characters.hpp"

#include <simdjson.h>

#include <cstdint>

#include "ascii.hpp"
#include "millrace/cloudevents/rules.hpp"

namespace millrace::cloudevents {

namespace {

/// U+FDD0 to U+FDEF, and the last two of each plane.
bool is_noncharacter(char32_t code) { return (code >= 0xfdd0 && code <= 0xfdef) || (code & 0xfffe) == 0xfffe; }

bool is_allowed(char32_t code) { return code >= 0x20 && !(code >= 0x7f && code <= 0x9f) && !is_noncharacter(code); }

/// Eight characters from U+0020 to U+007E.
bool is_plain(std::uint64_t word) { return (((word - ones * 0x20) | (word + ones) | word) & high_bits) == 0; }

}  // namespace

void append_utf8(std::string& out, char32_t code) {
  const auto put = [&out](char32_t byte) { out += static_cast<char>(static_cast<std::uint8_t>(byte)); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xc0 | (code >> 6U));
  } else if (code < 0x10000) {
    put(0xe0 | (code >> 12U));
    put(0x80 | ((code >> 6U) & 0x3fU));
  } else {
    put(0xf0 | (code >> 18U));
    put(0x80 | ((code >> 12U) & 0x3fU));
    put(0x80 | ((code >> 6U) & 0x3fU));
  }
  put(0x80 | (code & 0x3fU));
}

bool is_valid_utf8(std::string_view text) noexcept { return simdjson::validate_utf8(text.data(), text.size()); }

bool is_string(std::string_view text) noexcept {
  while (!text.empty()) {
    if (text.size() >= sizeof(std::uint64_t) && is_plain(load_eight(text.data()))) {
      text.remove_prefix(sizeof(std::uint64_t));
    } else if (text.front() >= ' ' && text.front() <= '~') {
      text.remove_prefix(1);
    } else {
      const Character next = first_of(text);
      if (next.length == 0 || !is_allowed(next.code)) return false;
      text.remove_prefix(next.length);
    }
  }
  return true;
}

}  // namespace millrace::cloudevents
