#include "parser.hpp"

#include <algorithm>
#include <charconv>

#include "characters.hpp"
#include "millrace/core/escaped.hpp"

namespace millrace::filter {

namespace {

constexpr std::string_view keywords[] = {"and", "exists", "false", "in", "like", "not", "or", "true", "xor"};

bool is_keyword(const Token& token) {
  return std::ranges::any_of(keywords, [&](std::string_view word) { return token.is_word(word); });
}

bool is_number(const Token& token) {
  return token.kind == TokenKind::word && std::ranges::all_of(token.text, is_digit);
}

std::string folded(std::string_view name) {
  std::string small(name);
  std::ranges::transform(small, small.begin(), lower);
  return small;
}

}  // namespace

Parser::Parser(std::string_view text, Builder& into, UnknownFunctions unknown)
    : text_(text), lexer_(text), into_(into), unknown_(unknown) {}

Result<Type> Parser::parse() {
  if (text_.size() > limits::expression_bytes_max) {
    return failure(Errc::too_large, "the expression has " + std::to_string(text_.size()) + " bytes; " +
                                        std::to_string(limits::expression_bytes_max) + " are the most");
  }
  if (!is_utf8(text_)) return failure(Errc::invalid, "the expression is not UTF-8");
  advance();
  if (!expression(logic) || (token_.kind != TokenKind::end && !fail(token_, "an operator or the end"))) {
    return Failure(*std::move(fault_));
  }
  return type_;
}

bool Parser::expression(Level least) {
  if (++depth_ > limits::depth_max) {
    return fail_at(token_, Errc::too_large,
                   "expressions inside of each other: " + std::to_string(limits::depth_max) + " are the most");
  }
  if (!operand()) return false;
  while (const auto found = infix_here()) {
    if (found->level < least) break;
    if (!infix(*found)) return false;
  }
  --depth_;
  return true;
}

std::optional<Parser::Infix> Parser::infix_here() const {
  struct Entry {
    std::string_view text;
    Infix infix;
  };
  static constexpr Entry signs[] = {
      {"*", {product, Op::multiply}},      {"/", {product, Op::divide}},
      {"%", {product, Op::modulo}},        {"+", {sum, Op::add}},
      {"-", {sum, Op::subtract}},          {"=", {comparison, Op::equal}},
      {"!=", {comparison, Op::not_equal}}, {"<>", {comparison, Op::not_equal}},
      {"<", {comparison, Op::less}},       {"<=", {comparison, Op::less_or_equal}},
      {">", {comparison, Op::greater}},    {">=", {comparison, Op::greater_or_equal}},
  };
  static constexpr Entry words[] = {{"and", {logic, Op::and_then}},     {"or", {logic, Op::or_else}},
                                    {"xor", {logic, Op::exclusive_or}}, {"like", {likeness, Op::like}},
                                    {"in", {membership, Op::among}},    {"not", {membership, Op::invert}}};
  for (const auto& entry : signs) {
    if (token_.is_sign(entry.text)) return entry.infix;
  }
  for (const auto& entry : words) {
    if (!token_.is_word(entry.text)) continue;
    if (entry.infix.op != Op::invert) return entry.infix;
    auto ahead = lexer_;  // NOT binds as what it turns round
    return Infix{ahead.next().is_word("like") ? likeness : membership, Op::invert};
  }
  return std::nullopt;
}

bool Parser::infix(const Infix& found) {
  advance();
  if (found.op == Op::like) return like(false);
  if (found.op == Op::among) return in(false);
  if (found.op == Op::invert) {
    const bool is_like = token_.is_word("like");
    if (!is_like && !token_.is_word("in")) return fail(token_, "LIKE or IN behind NOT");
    advance();
    return is_like ? like(true) : in(true);
  }
  const bool may_jump = found.op == Op::and_then || found.op == Op::or_else;
  const auto at = may_jump ? into_.emit({.op = found.op}) : 0;
  const auto right = into_.here();
  // Equal levels go from left to right, so what is on the right binds more.
  if (!expression(static_cast<Level>(found.level + 1))) return false;
  if (may_jump) {
    into_.emit_to_boolean();
    into_.land(at);
  } else if (found.op == Op::equal || found.op == Op::not_equal) {
    into_.emit_equality(found.op == Op::equal, right);
  } else {
    into_.emit({.op = found.op});
  }
  type_ = found.level == sum || found.level == product ? Type::integer : Type::boolean;
  return true;
}

bool Parser::operand() {
  if (token_.kind == TokenKind::literal) {
    const auto text = into_.keep_appended([this](std::string& texts) { append_unquoted(token_, texts); });
    into_.emit({.op = Op::text, .text = text});
    type_ = Type::string;
    advance();
    return true;
  }
  if (token_.is_sign("(")) return in_parentheses();
  if (token_.is_sign("-")) return negated();
  if (token_.is_word("not")) return prefixed(Op::invert, Type::boolean);
  if (token_.is_word("exists")) return exists();
  if (token_.kind != TokenKind::word) return fail(token_, "a value");
  return name_or_number();
}

bool Parser::in_parentheses() {
  advance();
  return expression(logic) && take(")", "an operator or )");
}

bool Parser::prefixed(Op op, Type type) {
  advance();
  if (!expression(unary)) return false;
  into_.emit({.op = op});
  type_ = type;
  return true;
}

/// -2147483648 is one literal: 2147483648 alone is none.
bool Parser::negated() {
  auto ahead = lexer_;
  const auto behind = ahead.next();
  if (!is_number(behind)) return prefixed(Op::negate, Type::integer);
  advance();
  return number(behind, true);
}

bool Parser::number(const Token& digits, bool is_negative) {
  std::int64_t value = 0;
  const auto* const end = digits.text.data() + digits.text.size();
  const auto [at, error] = std::from_chars(digits.text.data(), end, value);
  const std::int64_t most = std::int64_t{INT32_MAX} + (is_negative ? 1 : 0);
  if (error != std::errc{} || value > most) {
    return fail_at(digits, Errc::invalid,
                   escaped(digits.text, 32) + " is beyond 32 bits: -2147483648 and 2147483647 are the ends");
  }
  into_.emit({.op = Op::integer, .number = static_cast<std::int32_t>(is_negative ? -value : value)});
  type_ = Type::integer;
  advance();
  return true;
}

bool Parser::exists() {
  advance();
  if (!is_attribute_name(token_)) return fail(token_, "the name of an attribute behind EXISTS");
  const auto name = folded(token_.text);
  const bool is_required = name == "id" || name == "source" || name == "specversion" || name == "type";
  if (is_required) {
    into_.emit({.op = Op::boolean, .number = 1});
  } else {
    into_.emit(Op::exists, name);
  }
  type_ = Type::boolean;
  advance();
  return true;
}

bool Parser::name_or_number() {
  if (is_number(token_)) return number(token_, false);
  const auto word = token_;
  const bool is_true = word.is_word("true");
  if (is_true || word.is_word("false")) {
    into_.emit({.op = Op::boolean, .number = is_true ? 1 : 0});
    type_ = Type::boolean;
    advance();
    return true;
  }
  if (is_keyword(word)) return fail(word, "a value");
  advance();
  if (token_.is_sign("(")) return call(word);
  if (!is_attribute_name(word)) return fail(word, "the name of an attribute, of a-z and 0-9");
  into_.emit(Op::attribute, folded(word.text));
  type_ = Type::boolean;  // of the zero, if it is missing: what it has otherwise is not known here
  return true;
}

bool Parser::call(const Token& name) {
  advance();
  const auto from = into_.here();
  std::size_t count = 0;
  if (!token_.is_sign(")")) {
    do {
      if (count > 0) advance();
      if (!expression(logic)) return false;
      ++count;
    } while (token_.is_sign(","));
  }
  if (!take(")", "an operator, a comma or )")) return false;
  if (const auto found = find_function(folded(name.text), count)) {
    into_.emit({.op = Op::call, .function = found->function, .count = static_cast<std::uint16_t>(count)});
    type_ = found->result;
    return true;
  }
  if (unknown_ == UnknownFunctions::refused) {
    return fail_at(name, Errc::invalid,
                   "there is no function " + escaped(name.text, 64) + " with " + std::to_string(count) +
                       (count == 1 ? " argument" : " arguments"));
  }
  into_.forget(from, count);  // what is not called is not given anything
  into_.emit({.op = Op::unknown_call});
  type_ = Type::boolean;
  return true;
}

bool Parser::like(bool is_inverted) {
  if (token_.kind != TokenKind::literal) return fail(token_, "a text in quotes behind LIKE");
  std::string text;
  append_unquoted(token_, text);
  auto pattern = LikePattern::of(text);
  if (!pattern) return fail_at(token_, pattern.error().code, pattern.error().message);
  into_.emit({.op = Op::like, .number = into_.keep(std::move(*pattern))});
  if (is_inverted) into_.emit({.op = Op::invert});
  type_ = Type::boolean;
  advance();
  return true;
}

bool Parser::in(bool is_inverted) {
  if (!take("(", "( behind IN")) return false;
  std::vector<std::uint32_t> jumps;
  do {
    if (!jumps.empty()) advance();
    if (!expression(logic)) return false;
    jumps.push_back(into_.emit({.op = Op::among}));
  } while (token_.is_sign(","));
  if (!take(")", "an operator, a comma or )")) return false;
  into_.emit({.op = Op::among_none});
  for (const auto jump : jumps) into_.land(jump);
  if (is_inverted) into_.emit({.op = Op::invert});
  type_ = Type::boolean;
  return true;
}

/// SQL-3: of letters and digits, and no keyword. Digits alone would be a number.
bool Parser::is_attribute_name(const Token& token) const {
  return token.kind == TokenKind::word && !is_keyword(token) && !is_number(token) &&
         token.text.find('_') == std::string_view::npos;
}

bool Parser::take(std::string_view sign, std::string_view expected) {
  if (!token_.is_sign(sign)) return fail(token_, expected);
  advance();
  return true;
}

std::string Parser::position_of(const Token& token) const {
  return "at character " + std::to_string(characters_of(text_.substr(0, token.at)) + 1) + ": ";
}

bool Parser::fail(const Token& found, std::string_view expected) {
  std::string what;
  switch (found.kind) {
    case TokenKind::end: what = "the end"; break;
    case TokenKind::wrong: what = found.text; break;
    case TokenKind::literal:
      what = std::string("the text ") + found.quote + escaped(found.text, 32) + found.quote;
      break;
    case TokenKind::word:
    case TokenKind::sign: what = escaped(found.text, 32); break;
  }
  return fail_at(found, Errc::invalid, std::string(expected) + " is expected, not " + what);
}

bool Parser::fail_at(const Token& where, Errc code, std::string detail) {
  if (!fault_) fault_ = Error{code, position_of(where) + std::move(detail)};
  return false;
}

Result<Expression> parse_cesql(std::string_view text, UnknownFunctions unknown) {
  Builder builder(std::min(text.size(), limits::expression_bytes_max));
  const auto type = Parser(text, builder, unknown).parse();
  if (!type) return failure_of(type);
  if (auto excess = builder.excess()) return failure(Errc::too_large, *std::move(excess));
  return builder.finish(*type);
}

}  // namespace millrace::filter
