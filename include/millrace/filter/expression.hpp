#pragma once
// A filter that was parsed: asked of one event after the other, whatever it was written in (cesql.hpp, dialects.hpp).
//
// Evaluation always ends, never changes the event, and allocates nothing but what texts need that have to be made and
// do not fit into the small part of a Scratch. It is fail-fast: the first error of an operand is the error of the
// whole, whose value then is the zero of its type, so there is at most one (SQL-1, SQL-2). docs/filters.md has the
// language.

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "millrace/filter/attributes.hpp"
#include "millrace/filter/limits.hpp"

namespace millrace::filter {

enum class Type : std::uint8_t { boolean, integer, string };

struct Value {
  Type type = Type::boolean;
  std::int32_t number = 0;  ///< an Integer; of a Boolean 0 or 1
  std::string_view text{};  ///< a String

  bool operator==(const Value&) const = default;
};

/// SQL-13. An error of the parser is a failure of the parser; the text's GenericError has no cause here.
enum class EvaluationError : std::uint8_t {
  none,
  math,
  cast,
  missing_attribute,
  missing_function,
  function_evaluation,
};

struct Outcome {
  Value value{};
  EvaluationError error = EvaluationError::none;
};

/// Room for the texts that an evaluation makes, used again by the next: 512 bytes of its own, and
/// limits::built_bytes_max once an evaluation has needed more. Owned.
class Scratch {
 public:
  Scratch() = default;

  void clear() noexcept { small_used_ = large_used_ = 0; }
  /// Room for so many bytes; null when there is not so much left.
  [[nodiscard]] char* take(std::size_t bytes);

 private:
  static constexpr std::size_t small_bytes = 512;

  std::unique_ptr<char[]> large_{};
  std::size_t large_used_ = 0;
  std::size_t small_used_ = 0;
  char small_[small_bytes];
};

struct Program;

/// A value: copies share what was parsed, which nobody changes any more. Any thread.
class Expression {
 public:
  /// Of the parsers.
  explicit Expression(std::shared_ptr<const Program> program) : program_(std::move(program)) {}

  /// The value and the error. A text in it borrows from the expression, the attributes and the scratch, until the
  /// scratch is used again.
  [[nodiscard]] Outcome evaluate(const Attributes& attributes, Scratch& scratch) const;
  /// Whether the event passes: Boolean true, without an error (SQL-2).
  [[nodiscard]] bool matches(const Attributes& attributes, Scratch& scratch) const;

 private:
  std::shared_ptr<const Program> program_;
};

}  // namespace millrace::filter
