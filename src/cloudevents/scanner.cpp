#include "scanner.hpp"

#include <bit>
#include <bitset>
#include <cstdint>

#include "ascii.hpp"
#include "characters.hpp"
#include "millrace/core/limits.hpp"

namespace millrace::cloudevents {

namespace {

/// The first character that does not simply stand for itself in a string: a quote, a backslash, a control character.
const char* skip_plain(const char* at, const char* end) noexcept {
  while (end - at >= 8) {
    const std::uint64_t word = load_eight(at);
    const std::uint64_t special = has_byte(word, '"') | has_byte(word, '\\') | has_less(word, 0x20);
    if (special == 0) {
      at += 8;
      continue;
    }
    if constexpr (std::endian::native == std::endian::little) return at + std::countr_zero(special) / 8;
    break;
  }
  while (at != end && *at != '"' && *at != '\\' && static_cast<std::uint8_t>(*at) >= 0x20) ++at;
  return at;
}

/// Requires: four hexadecimal digits.
char32_t code_unit(std::string_view digits) noexcept {
  char32_t code = 0;
  for (const char c : digits.substr(0, 4)) code = code << 4U | static_cast<char32_t>(hex_of(c));
  return code;
}

char unescaped(char c) noexcept {
  switch (c) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return c;
  }
}

bool is_high(char32_t unit) { return unit >= 0xd800 && unit <= 0xdbff; }
bool is_low(char32_t unit) { return unit >= 0xdc00 && unit <= 0xdfff; }

}  // namespace

bool Scanner::escape() noexcept {
  constexpr std::ptrdiff_t unicode_length = 6;
  if (end_ - at_ < 2) return false;
  if (at_[1] == 'u') {
    if (end_ - at_ < unicode_length) return false;
    for (int digit = 2; digit < unicode_length; ++digit) {
      if (hex_of(at_[digit]) < 0) return false;
    }
    at_ += unicode_length;
    return true;
  }
  if (std::string_view("\"\\/bfnrt").find(at_[1]) == std::string_view::npos) return false;
  at_ += 2;
  return true;
}

bool Scanner::string(StringToken& token) noexcept {
  if (peek() != '"') return false;
  const char* const first = ++at_;
  token.has_escapes = false;
  while (true) {
    at_ = skip_plain(at_, end_);
    if (at_ == end_) return false;
    if (*at_ == '"') break;
    if (*at_ != '\\' || !escape()) return false;
    token.has_escapes = true;
  }
  token.raw = {first, static_cast<std::size_t>(at_ - first)};
  ++at_;
  return true;
}

bool Scanner::digits() noexcept {
  const char* const first = at_;
  while (at_ != end_ && is_digit(*at_)) ++at_;
  return at_ != first;
}

bool Scanner::number() noexcept {
  if (*at_ == '-') ++at_;
  const char* const first = at_;
  if (!digits() || (*first == '0' && at_ - first > 1)) return false;
  if (at_ != end_ && *at_ == '.') {
    ++at_;
    if (!digits()) return false;
  }
  if (at_ == end_ || lower(*at_) != 'e') return true;
  ++at_;
  if (at_ != end_ && (*at_ == '+' || *at_ == '-')) ++at_;
  return digits();
}

bool Scanner::word(std::string_view wanted) noexcept {
  if (!std::string_view(at_, static_cast<std::size_t>(end_ - at_)).starts_with(wanted)) return false;
  at_ += wanted.size();
  return true;
}

bool Scanner::scalar() noexcept {
  const char first = peek();
  if (first == '"') {
    StringToken unused;
    return string(unused);
  }
  if (is_digit(first) || first == '-') return number();
  return first == 't' ? word("true") : first == 'f' ? word("false") : first == 'n' && word("null");
}

bool Scanner::key() noexcept {
  StringToken unused;
  return string(unused) && take(':');
}

bool Scanner::value(std::string_view& slice) noexcept {
  std::bitset<limits::json_depth_max> is_object;
  std::size_t depth = 0;
  (void)peek();
  const char* const first = at_;
  while (true) {
    const char opening = peek();
    if (opening == '{' || opening == '[') {
      if (depth == is_object.size()) return false;
      ++at_;
      is_object[depth++] = opening == '{';
      if (peek() != (opening == '{' ? '}' : ']')) {
        if (opening == '{' && !key()) return false;
        continue;
      }
    } else if (!scalar()) {
      return false;
    }
    while (depth > 0 && !take(',')) {
      if (!take(is_object[depth - 1] ? '}' : ']')) return false;
      --depth;
    }
    if (depth == 0) break;
    if (is_object[depth - 1] && !key()) return false;
  }
  slice = {first, static_cast<std::size_t>(at_ - first)};
  return true;
}

bool decode(const StringToken& token, std::string& text) {
  if (!token.has_escapes) {
    text.assign(token.raw);
    return true;
  }
  text.clear();
  std::string_view left = token.raw;
  while (true) {
    const auto plain = std::min(left.find('\\'), left.size());
    text.append(left, 0, plain);
    left.remove_prefix(plain);
    if (left.empty()) return true;
    if (left[1] != 'u') {
      text += unescaped(left[1]);
      left.remove_prefix(2);
      continue;
    }
    char32_t code = code_unit(left.substr(2));
    left.remove_prefix(6);
    if (is_high(code) && left.starts_with("\\u") && is_low(code_unit(left.substr(2)))) {
      code = 0x10000 + ((code - 0xd800) << 10U) + (code_unit(left.substr(2)) - 0xdc00);
      left.remove_prefix(6);
    }
    if (is_high(code) || is_low(code)) return false;
    append_utf8(text, code);
  }
}

}  // namespace millrace::cloudevents
