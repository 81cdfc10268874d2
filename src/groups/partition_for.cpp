// Java's String.hashCode of a UTF-8 text, without making the UTF-16 text.

#include <cstdlib>
#include <limits>

#include "millrace/core/check.hpp"
#include "millrace/groups/coordinator.hpp"

namespace millrace::groups {

namespace {

constexpr char32_t replacement = 0xFFFD;  // what Java's decoder makes of a byte that is no UTF-8

/// Takes one character off the front.
char32_t take_character(std::string_view& text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned char first = byte(0);
  const std::size_t length = first < 0x80                    ? 1
                             : first >= 0xC2 && first < 0xE0 ? 2
                             : (first & 0xF0) == 0xE0        ? 3
                             : first >= 0xF0 && first < 0xF5 ? 4
                                                             : 0;
  char32_t code = length <= 1 ? first : first & (0x7Fu >> length);
  bool sound = length > 0 && length <= text.size();
  for (std::size_t i = 1; sound && i < length; ++i) {
    sound = (byte(i) & 0xC0) == 0x80;
    code = code << 6 | (byte(i) & 0x3Fu);
  }
  const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  if (!sound || overlong || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) {
    text.remove_prefix(1);
    return replacement;
  }
  text.remove_prefix(length);
  return code;
}

}  // namespace

std::int32_t partition_for(std::string_view group_id, std::int32_t count) {
  CHECK(count > 0, "a topic has partitions");
  std::uint32_t hash = 0;
  while (!group_id.empty()) {
    const char32_t code = take_character(group_id);
    if (code < 0x10000) {
      hash = hash * 31 + code;
    } else {
      hash = hash * 31 + (0xD800 + ((code - 0x10000) >> 10));
      hash = hash * 31 + (0xDC00 + ((code - 0x10000) & 0x3FF));
    }
  }
  const auto value = static_cast<std::int32_t>(hash);
  // The smallest number has no positive counterpart; Kafka counts it as 0.
  return value == std::numeric_limits<std::int32_t>::min() ? 0 : std::abs(value) % count;
}

}  // namespace millrace::groups
