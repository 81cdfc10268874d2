#pragma once
// The text of an expression → its words, texts and signs, one after the other. Where it is none of them, that is a
// token, too, with the reason.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace millrace::filter {

enum class TokenKind : std::uint8_t {
  end,
  word,     ///< a keyword, a name, or digits: [A-Za-z0-9_]+
  literal,  ///< in quotes; `text` is what stands between them, with its backslashes
  sign,     ///< ( ) , + - * / % = != <> < <= > >=
  wrong,    ///< `text` says why
};

struct Token {
  TokenKind kind = TokenKind::end;
  std::string_view text{};
  char quote = 0;
  std::size_t at = 0;  ///< its first byte

  [[nodiscard]] bool is_sign(std::string_view sign) const { return kind == TokenKind::sign && text == sign; }
  /// A keyword, in any letter case; `small` is in lower case.
  [[nodiscard]] bool is_word(std::string_view small) const;
};

class Lexer {
 public:
  /// `text` is UTF-8, and borrowed.
  explicit Lexer(std::string_view text) : text_(text) {}
  [[nodiscard]] Token next();

 private:
  [[nodiscard]] Token literal();

  std::string_view text_;
  std::size_t at_ = 0;
};

[[nodiscard]] constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }
[[nodiscard]] constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// Puts what the literal means behind `into`: \ and the quote are the quote, every other \ stays (SQL-4).
void append_unquoted(const Token& literal, std::string& into);

}  // namespace millrace::filter
