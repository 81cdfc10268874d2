#pragma once
// CESQL's grammar, by precedence (SQL-6): instructions come out as the text is read. Once wrong, it stays wrong.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "builder.hpp"
#include "lexer.hpp"
#include "millrace/core/result.hpp"
#include "millrace/filter/cesql.hpp"

namespace millrace::filter {

class Parser {
 public:
  Parser(std::string_view text, Builder& into, UnknownFunctions unknown);

  /// The whole text; the type of its value. Errors as parse_cesql() has them.
  [[nodiscard]] Result<Type> parse();

 private:
  /// From the operators that bind least to those that bind most.
  enum Level : std::uint8_t { logic = 1, comparison, sum, product, membership, likeness, unary };

  struct Infix {
    Level level;
    Op op;
  };

  // Each leaves one value, and its type in type_. False: fault_ says why.
  [[nodiscard]] bool expression(Level least);
  [[nodiscard]] bool operand();
  [[nodiscard]] bool prefixed(Op op, Type type);
  [[nodiscard]] bool negated();
  [[nodiscard]] bool in_parentheses();
  [[nodiscard]] bool exists();
  [[nodiscard]] bool name_or_number();
  [[nodiscard]] bool number(const Token& digits, bool is_negative);
  [[nodiscard]] bool call(const Token& name);
  [[nodiscard]] bool infix(const Infix& found);
  [[nodiscard]] bool like(bool is_inverted);
  [[nodiscard]] bool in(bool is_inverted);

  [[nodiscard]] std::optional<Infix> infix_here() const;
  [[nodiscard]] bool is_attribute_name(const Token& token) const;
  void advance() { token_ = lexer_.next(); }
  [[nodiscard]] bool take(std::string_view sign, std::string_view expected);
  bool fail(const Token& found, std::string_view expected);
  bool fail_at(const Token& where, Errc code, std::string detail);
  [[nodiscard]] std::string position_of(const Token& token) const;

  std::string_view text_;
  Lexer lexer_;
  Builder& into_;
  UnknownFunctions unknown_;
  Token token_;
  Type type_ = Type::boolean;
  std::size_t depth_ = 0;
  std::optional<Error> fault_;
};

}  // namespace millrace::filter
