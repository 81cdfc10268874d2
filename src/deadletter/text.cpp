#include "text.hpp"

#include <algorithm>

#include "millrace/core/limits.hpp"
#include "millrace/core/rfc3339.hpp"
#include "millrace/core/utf8.hpp"

namespace millrace::deadletter {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  ///< U+FFFD
constexpr Timestamp last_of_year_9999 = 253'402'300'799'999;

bool is_control(char32_t code) { return code < 0x20 || (code >= 0x7F && code <= 0x9F); }

bool is_noncharacter(char32_t code) { return (code >= 0xFDD0 && code <= 0xFDEF) || (code & 0xFFFEU) == 0xFFFEU; }

}  // namespace

std::string fit(std::string_view text, std::size_t bytes_max) {
  std::string out;
  while (!text.empty()) {
    const Character next = first_of(text);
    const std::size_t length = std::max<std::size_t>(next.length, 1);
    std::string_view shown = text.substr(0, length);
    if (next.length == 0 || is_noncharacter(next.code)) shown = replacement;
    if (next.length != 0 && is_control(next.code)) shown = " ";
    if (out.size() + shown.size() > bytes_max) break;
    out += shown;
    text.remove_prefix(length);
  }
  return out;
}

std::string time_text(Timestamp time) { return time < 0 || time > last_of_year_9999 ? std::string() : rfc3339(time); }

Timestamp time_of(std::string_view text) {
  const auto time = parse_rfc3339(text);
  return time && *time >= 0 && *time <= last_of_year_9999 ? *time : no_timestamp;
}

std::string_view take_until(std::string_view& text, char separator) noexcept {
  const std::size_t at = std::min(text.find(separator), text.size());
  const std::string_view taken = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return taken;
}

bool is_topic_name(std::string_view text) noexcept {
  return !text.empty() && text.size() <= limits::topic_name_max && text != "." && text != ".." &&
         std::ranges::all_of(text, is_topic_character);
}

}  // namespace millrace::deadletter
