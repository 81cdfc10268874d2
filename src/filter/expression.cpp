#include "millrace/filter/expression.hpp"

#include <utility>

#include "machine.hpp"

namespace millrace::filter {

char* Scratch::take(std::size_t bytes) {
  if (bytes <= small_bytes - small_used_) return small_ + std::exchange(small_used_, small_used_ + bytes);
  if (bytes > limits::built_bytes_max - large_used_) return nullptr;
  if (!large_) large_ = std::make_unique_for_overwrite<char[]>(limits::built_bytes_max);
  return large_.get() + std::exchange(large_used_, large_used_ + bytes);
}

Outcome Expression::evaluate(const Attributes& attributes, Scratch& scratch) const {
  scratch.clear();
  return Machine(*program_, attributes, scratch).run();
}

bool Expression::matches(const Attributes& attributes, Scratch& scratch) const {
  const auto [value, error] = evaluate(attributes, scratch);
  return error == EvaluationError::none && value.type == Type::boolean && value.number != 0;
}

}  // namespace millrace::filter
