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

Character first_of(std::string_view text) noexcept {
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
