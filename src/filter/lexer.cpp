#include "lexer.hpp"

#include <algorithm>

namespace millrace::filter {

namespace {

bool is_of_word(char c) { return is_digit(c) || c == '_' || (lower(c) >= 'a' && lower(c) <= 'z'); }

}  // namespace

bool Token::is_word(std::string_view small) const {
  return kind == TokenKind::word &&
         std::ranges::equal(text, small, [](char one, char other) { return lower(one) == other; });
}

Token Lexer::next() {
  at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size());
  const auto rest = text_.substr(at_);
  if (rest.empty()) return {.kind = TokenKind::end, .at = at_};
  const char c = rest.front();
  if (c == '\'' || c == '"') return literal();
  Token token{.kind = TokenKind::sign, .at = at_};
  if (is_of_word(c)) {
    token.kind = TokenKind::word;
    const auto* const end = std::ranges::find_if_not(rest, is_of_word);
    token.text = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
  } else if (rest.starts_with("!=") || rest.starts_with("<>") || rest.starts_with("<=") || rest.starts_with(">=")) {
    token.text = rest.substr(0, 2);
  } else if (std::string_view("(),+-*/%=<>").find(c) != std::string_view::npos) {
    token.text = rest.substr(0, 1);
  } else {
    return {.kind = TokenKind::wrong, .text = "a character that stands for nothing outside of quotes", .at = at_};
  }
  at_ += token.text.size();
  return token;
}

/// As the reference grammar has it: a backslash takes the character behind it along, whatever that is.
Token Lexer::literal() {
  const auto begin = at_++;
  const char quote = text_[begin];
  for (; at_ < text_.size(); ++at_) {
    if (text_[at_] == quote) {
      ++at_;
      return {
          .kind = TokenKind::literal, .text = text_.substr(begin + 1, at_ - begin - 2), .quote = quote, .at = begin};
    }
    if (text_[at_] == '\\') ++at_;
  }
  at_ = text_.size();
  return {.kind = TokenKind::wrong, .text = "a text whose closing quote is missing", .at = begin};
}

void append_unquoted(const Token& literal, std::string& into) {
  const auto text = literal.text;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool is_pair = text[at] == '\\' && at + 1 < text.size();
    if (is_pair && text[at + 1] != literal.quote) into += text[at];
    if (is_pair) ++at;
    into += text[at];
  }
}

}  // namespace millrace::filter
