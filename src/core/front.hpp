#pragma once
// A text that is taken from its front, for moments of fixed forms. Once something is not there, nothing is. Pure.

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <span>
#include <string_view>

namespace millrace::inline core {

class Front {
 public:
  explicit Front(std::string_view text) : left_(text) {}

  /// Of exactly so many digits, and within the bounds.
  int number(std::size_t digits, int least, int most) {
    int value = 0;
    const auto* const end = left_.data() + std::min(digits, left_.size());
    const auto [stop, error] = std::from_chars(left_.data(), end, value);
    const bool is_sound = left_.size() >= digits && left_.front() != '-' && error == std::errc{} && stop == end;
    if (!is_sound || value < least || value > most) return fail();
    left_.remove_prefix(digits);
    return value;
  }
  bool take(std::string_view any_of) {
    if (left_.empty() || any_of.find(left_.front()) == std::string_view::npos) return false;
    left_.remove_prefix(1);
    return true;
  }
  void need(std::string_view any_of) {
    if (!take(any_of)) fail();
  }
  void need_word(std::string_view word) {
    const bool is_there = left_.starts_with(word);
    if (is_there) left_.remove_prefix(word.size());
    if (!is_there) fail();
  }
  /// Which of the words it is, from 0.
  std::size_t one_of(std::span<const std::string_view> words) {
    for (std::size_t at = 0; at < words.size(); ++at) {
      if (!left_.starts_with(words[at])) continue;
      left_.remove_prefix(words[at].size());
      return at;
    }
    fail();
    return 0;
  }
  /// Of a second: digits of any number, of which a millisecond needs three.
  int milliseconds() {
    int value = 0;
    std::size_t count = 0;
    for (; !left_.empty() && left_.front() >= '0' && left_.front() <= '9'; left_.remove_prefix(1), ++count) {
      if (count < digits_of_ms) value = value * 10 + (left_.front() - '0');
    }
    if (count == 0) return fail();
    for (; count < digits_of_ms; ++count) value *= 10;
    return value;
  }
  [[nodiscard]] bool is_done() const { return ok_ && left_.empty(); }

 private:
  static constexpr std::size_t digits_of_ms = 3;

  int fail() {
    ok_ = false;
    left_ = {};
    return 0;
  }
  std::string_view left_;
  bool ok_ = true;
};

}  // namespace millrace::inline core
