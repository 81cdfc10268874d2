#include "characters.hpp"

#include <algorithm>

#include "millrace/core/utf8.hpp"

namespace millrace::filter {

namespace {

/// White_Space of Unicode's PropList.
bool is_space(char32_t code) {
  if (code < 0x80) return code == ' ' || (code >= '\t' && code <= '\r');
  if (code >= 0x2000 && code <= 0x200a) return true;
  constexpr char32_t others[] = {0x85, 0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000};
  return std::ranges::find(others, code) != std::end(others);
}

/// Where the last character of text[0, end) begins.
std::size_t begin_of_last(std::string_view text, std::size_t end) {
  for (std::size_t back = 1; back <= std::min<std::size_t>(end, 4); ++back) {
    const auto from = end - back;
    if ((static_cast<unsigned char>(text[from]) & 0xc0U) == 0x80) continue;
    return first_of(text.substr(from, back)).length == back ? from : end - 1;
  }
  return end - 1;
}

}  // namespace

std::size_t bytes_of_character(std::string_view text) noexcept {
  if (static_cast<unsigned char>(text.front()) < 0x80) return 1;
  return std::max<std::size_t>(first_of(text).length, 1);
}

std::size_t characters_of(std::string_view text) noexcept {
  std::size_t count = 0;
  for (; !text.empty(); ++count) text.remove_prefix(bytes_of_character(text));
  return count;
}

std::size_t bytes_of_first(std::string_view text, std::size_t characters) noexcept {
  std::size_t at = 0;
  for (; characters > 0 && at < text.size(); --characters) at += bytes_of_character(text.substr(at));
  return at;
}

std::size_t bytes_of_last(std::string_view text, std::size_t characters) noexcept {
  std::size_t at = text.size();
  for (; characters > 0 && at > 0; --characters) at = begin_of_last(text, at);
  return text.size() - at;
}

std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && is_space(first_of(text).code)) text.remove_prefix(bytes_of_character(text));
  while (!text.empty()) {
    const auto begin = begin_of_last(text, text.size());
    if (!is_space(first_of(text.substr(begin)).code)) break;
    text.remove_suffix(text.size() - begin);
  }
  return text;
}

}  // namespace millrace::filter
