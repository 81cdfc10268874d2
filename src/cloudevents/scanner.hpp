#pragma once
// JSON of RFC 8259 from its front: tokens as slices of the text, and whole values passed over and checked.
//
// It trusts nobody, allocates nothing and does not recurse. That the text is UTF-8 is asked once, before: see
// is_valid_utf8(). A function that returns false has met something that is not JSON, and at() says where.

#include <cstddef>
#include <string>
#include <string_view>

namespace millrace::cloudevents {

/// What stands between the quotes.
struct StringToken {
  std::string_view raw{};
  bool has_escapes = false;
};

class Scanner {
 public:
  explicit Scanner(std::string_view text) : begin_(text.data()), at_(begin_), end_(begin_ + text.size()) {}

  /// The next character behind white space; 0 at the end of the text, where a NUL is not JSON either.
  [[nodiscard]] char peek() noexcept {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\t' || *at_ == '\r')) ++at_;
    return at_ == end_ ? '\0' : *at_;
  }
  [[nodiscard]] bool take(char wanted) noexcept {
    if (peek() != wanted) return false;
    ++at_;
    return true;
  }
  [[nodiscard]] bool string(StringToken& token) noexcept;
  /// Any value, to its last character; `slice` is its text, nothing around it.
  [[nodiscard]] bool value(std::string_view& slice) noexcept;
  /// Nothing but white space is left.
  [[nodiscard]] bool is_done() noexcept { return peek() == '\0' && at_ == end_; }
  [[nodiscard]] std::size_t at() const noexcept { return static_cast<std::size_t>(at_ - begin_); }

 private:
  [[nodiscard]] bool key() noexcept;
  [[nodiscard]] bool scalar() noexcept;
  [[nodiscard]] bool number() noexcept;
  [[nodiscard]] bool digits() noexcept;
  [[nodiscard]] bool word(std::string_view wanted) noexcept;
  [[nodiscard]] bool escape() noexcept;

  const char* begin_;
  const char* at_;
  const char* end_;
};

/// The text that a string stands for. Requires: a token of Scanner::string(). False for a surrogate without its other
/// half, which no UTF-8 can say.
[[nodiscard]] bool decode(const StringToken& token, std::string& text);

}  // namespace millrace::cloudevents
