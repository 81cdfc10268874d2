#pragma once
// Runs a program once, for one event.

#include <cstddef>
#include <cstdint>
#include <optional>

#include "cell.hpp"
#include "program.hpp"
#include "work.hpp"

namespace millrace::filter {

class Machine {
 public:
  Machine(const Program& program, const Attributes& attributes, Scratch& scratch)
      : program_(program), attributes_(attributes), scratch_(scratch) {}

  [[nodiscard]] Outcome run();

 private:
  // Each says what failed; where it matters, the value that stands for the result is then there.
  [[nodiscard]] EvaluationError step(const Instruction& it);
  [[nodiscard]] EvaluationError arithmetic(Op op);
  [[nodiscard]] EvaluationError equality(bool wanted);
  [[nodiscard]] EvaluationError order(Op op);
  [[nodiscard]] EvaluationError negate();
  [[nodiscard]] EvaluationError exclusive_or();
  [[nodiscard]] EvaluationError unless(bool decided, std::uint32_t target);
  [[nodiscard]] EvaluationError like(const LikePattern& pattern);
  [[nodiscard]] EvaluationError among(std::uint32_t target);
  [[nodiscard]] EvaluationError push_attribute(const Instruction& it);
  void push_attribute_or(const Instruction& it);

  [[nodiscard]] Cell& top() { return stack_[count_ - 1]; }
  [[nodiscard]] Cell& below_top() { return stack_[count_ - 2]; }
  template <class T>
  void push(T value) {
    stack_[count_++].set(value);
  }
  [[nodiscard]] EvaluationError cast_top(Type type) { return cast(top(), type, scratch_); }
  /// Nothing when they are texts that are too long to be compared. Requires: of one type.
  [[nodiscard]] std::optional<bool> are_equal(const Cell& one, const Cell& other);
  /// Of the two above, the left one first.
  [[nodiscard]] EvaluationError cast_both(Type type);
  [[nodiscard]] Value value_of_top() const;

  [[nodiscard]] AttributeView find(const Instruction& it);

  const Program& program_;
  const Attributes& attributes_;
  Scratch& scratch_;
  Work work_;
  std::uint32_t next_ = 0;
  std::uint32_t guarded_to_ = 0;   ///< the verdict that takes failures; 0: none
  std::size_t guarded_count_ = 0;  ///< of the values below it
  std::size_t count_ = 0;
  std::uint64_t looked_up_ = 0;  ///< a bit for each name
  static_assert(limits::names_max <= 64);
  // Only those that were looked up have been written.
  alignas(AttributeView) std::byte found_[limits::names_max * sizeof(AttributeView)];
  Cell stack_[limits::values_max];  // Only the first `count_` have been written.
};

}  // namespace millrace::filter
