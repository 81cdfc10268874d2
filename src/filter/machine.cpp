#include "machine.hpp"

#include <limits>
#include <new>
#include <utility>

namespace millrace::filter {

namespace {

constexpr auto none = EvaluationError::none;

Value zero_of(Type type) { return {.type = type}; }

}  // namespace

Outcome Machine::run() {
  const auto end = static_cast<std::uint32_t>(program_.code.size());
  while (next_ < end) {
    const Instruction& it = program_.code[next_++];
    const auto error = step(it);
    if (error == none) continue;
    if (guarded_to_ != 0) {
      next_ = std::exchange(guarded_to_, 0) + 1;
      count_ = guarded_count_;
      push(false);
      continue;
    }
    // What is around an operator that failed is not evaluated any more; its value is the zero of its own type.
    return {.value = next_ == end ? value_of_top() : zero_of(program_.type), .error = error};
  }
  return {.value = value_of_top()};
}

EvaluationError Machine::step(const Instruction& it) {
  switch (it.op) {
    case Op::boolean: push(it.number != 0); return none;
    case Op::integer: push(it.number); return none;
    case Op::text: push(it.text); return none;
    case Op::attribute: return push_attribute(it);
    case Op::attribute_or: push_attribute_or(it); return none;
    case Op::exists: push(static_cast<bool>(find(it))); return none;
    case Op::negate: return negate();
    case Op::invert: {
      const auto error = cast_top(Type::boolean);
      top().set(error == none && !top().is_true());
      return error;
    }
    case Op::to_boolean: return cast_top(Type::boolean);
    case Op::multiply:
    case Op::divide:
    case Op::modulo:
    case Op::add:
    case Op::subtract: return arithmetic(it.op);
    case Op::equal: return equality(true);
    case Op::not_equal: return equality(false);
    case Op::equal_text: {
      push(it.text);
      return equality(it.number != 0);
    }
    case Op::less:
    case Op::less_or_equal:
    case Op::greater:
    case Op::greater_or_equal: return order(it.op);
    case Op::exclusive_or: return exclusive_or();
    case Op::and_then: return unless(false, it.target);
    case Op::or_else: return unless(true, it.target);
    case Op::like: return like(program_.patterns[static_cast<std::size_t>(it.number)]);
    case Op::among: return among(it.target);
    case Op::among_none: top().set(false); return none;
    case Op::call: {
      count_ -= it.count;
      const auto error = call(it.function, stack_ + count_, it.count, scratch_, work_);
      ++count_;
      return error;
    }
    case Op::unknown_call: push(false); return EvaluationError::missing_function;
    case Op::exactly: top().set(top().text() == it.text); return none;
    case Op::begins: top().set(top().text().starts_with(it.text)); return none;
    case Op::ends: top().set(top().text().ends_with(it.text)); return none;
    case Op::guard:
      guarded_to_ = it.target;
      guarded_count_ = count_;
      return none;
    case Op::verdict:
      guarded_to_ = 0;
      top().set(top().type == Type::boolean && top().is_true());
      return none;
  }
  return EvaluationError::function_evaluation;
}

EvaluationError Machine::cast_both(Type type) {
  const auto error = cast(below_top(), type, scratch_);
  return error == none ? cast_top(type) : error;
}

EvaluationError Machine::arithmetic(Op op) {
  auto error = cast_both(Type::integer);
  const std::int64_t left = below_top().number, right = top().number;
  --count_;
  std::int64_t result = 0;
  if (error == none) {
    const bool divides = op == Op::divide || op == Op::modulo;
    if (divides && right == 0) {
      error = EvaluationError::math;
    } else if (op == Op::divide) {
      result = left / right;
    } else if (op == Op::modulo) {
      result = left % right;
    } else {
      result = op == Op::multiply ? left * right : op == Op::add ? left + right : left - right;
    }
  }
  const auto wrapped = static_cast<std::int32_t>(result);
  top().set(wrapped);
  return wrapped == result ? error : EvaluationError::math;
}

EvaluationError Machine::negate() {
  const auto error = cast_top(Type::integer);
  if (error != none) return error;
  if (top().number == std::numeric_limits<std::int32_t>::min()) return EvaluationError::math;
  top().set(-top().number);
  return none;
}

/// SQL-15.
EvaluationError Machine::equality(bool wanted) {
  const Cell right = top();
  --count_;
  Cell& left = top();
  const auto error = cast(left, right.type, scratch_);
  if (error != none) {
    left.set(false);
    return error;
  }
  const auto equal = are_equal(left, right);
  left.set(equal == wanted);
  return equal ? none : EvaluationError::function_evaluation;
}

EvaluationError Machine::order(Op op) {
  const auto error = cast_both(Type::integer);
  const auto left = below_top().number, right = top().number;
  --count_;
  const bool is_so = op == Op::less            ? left < right
                     : op == Op::less_or_equal ? left <= right
                     : op == Op::greater       ? left > right
                                               : left >= right;
  top().set(error == none && is_so);
  return error;
}

EvaluationError Machine::exclusive_or() {
  const auto error = cast_both(Type::boolean);
  const bool result = below_top().is_true() != top().is_true();
  --count_;
  top().set(error == none && result);
  return error;
}

/// The left operand of AND and OR: gone unless it decides (SQL-7).
EvaluationError Machine::unless(bool decided, std::uint32_t target) {
  const auto error = cast_top(Type::boolean);
  if (error != none) return error;
  if (top().is_true() == decided) {
    next_ = target;
  } else {
    --count_;
  }
  return none;
}

EvaluationError Machine::like(const LikePattern& pattern) {
  auto error = cast_top(Type::string);
  std::optional<bool> matches = false;
  if (error == none) {
    matches = pattern.matches(top().text(), work_);
    if (!matches) error = EvaluationError::function_evaluation;
  }
  top().set(matches.value_or(false));
  return error;
}

EvaluationError Machine::among(std::uint32_t target) {
  Cell& value = below_top();
  auto error = cast_top(value.type);
  const auto equal = error == none ? are_equal(value, top()) : false;
  if (!equal) error = EvaluationError::function_evaluation;
  --count_;
  if (error != none) {
    value.set(false);
    return error;
  }
  if (*equal) {
    value.set(true);
    next_ = target;
  }
  return none;
}

std::optional<bool> Machine::are_equal(const Cell& one, const Cell& other) {
  if (one.type != Type::string) return one.number == other.number;
  if (one.size != other.size) return false;
  if (!work_.spend(one.size)) return std::nullopt;
  return one.text() == other.text();
}

AttributeView Machine::find(const Instruction& it) {
  const auto bit = std::uint64_t{1} << static_cast<unsigned>(it.number);
  auto* const place = found_ + static_cast<std::size_t>(it.number) * sizeof(AttributeView);
  if ((looked_up_ & bit) != 0) return *std::launder(reinterpret_cast<const AttributeView*>(place));
  looked_up_ |= bit;
  return *new (place) AttributeView(attributes_.find(it.text));
}

EvaluationError Machine::push_attribute(const Instruction& it) {
  const auto found = find(it);
  if (!found) {
    push(false);  // on its own; in an operator it is that operator's zero (SQL-12)
    return EvaluationError::missing_attribute;
  }
  push(found.text());
  if (found.type() == cloudevents::ValueType::string) return none;
  // An event that obeys the rules has no other text for these types; whatever else it is stays a String.
  Cell cell = top();
  const auto type = found.type() == cloudevents::ValueType::boolean ? Type::boolean : Type::integer;
  if (cast(cell, type, scratch_) == none) top() = cell;
  return none;
}

void Machine::push_attribute_or(const Instruction& it) {
  const auto found = find(it);
  if (found) {
    push(found.text());
  } else {
    push(false);
    next_ = it.target;
  }
}

Value Machine::value_of_top() const {
  const Cell& cell = stack_[count_ - 1];
  if (cell.type == Type::string) return {.type = Type::string, .text = cell.text()};
  return {.type = cell.type, .number = cell.number};
}

}  // namespace millrace::filter
