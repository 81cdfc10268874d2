#include "builder.hpp"

#include <algorithm>

#include "millrace/core/check.hpp"

namespace millrace::filter {

namespace {

/// How many values there are more behind the instruction, if it does not jump: where it does, there are as many where
/// it goes on as there are here when it is reached without a jump.
int growth_of(const Instruction& instruction) {
  switch (instruction.op) {
    case Op::boolean:
    case Op::integer:
    case Op::text:
    case Op::attribute:
    case Op::attribute_or:
    case Op::exists:
    case Op::unknown_call: return 1;
    case Op::negate:
    case Op::invert:
    case Op::to_boolean:
    case Op::like:
    case Op::among_none:
    case Op::equal_text:
    case Op::exactly:
    case Op::begins:
    case Op::ends:
    case Op::guard:
    case Op::verdict: return 0;
    case Op::multiply:
    case Op::divide:
    case Op::modulo:
    case Op::add:
    case Op::subtract:
    case Op::equal:
    case Op::not_equal:
    case Op::less:
    case Op::less_or_equal:
    case Op::greater:
    case Op::greater_or_equal:
    case Op::exclusive_or:
    case Op::and_then:
    case Op::or_else:
    case Op::among: return -1;
    case Op::call: return 1 - instruction.count;
  }
  return 0;
}

bool always_leaves_a_boolean(Op op) {
  switch (op) {
    case Op::boolean:
    case Op::exists:
    case Op::invert:
    case Op::to_boolean:
    case Op::equal:
    case Op::not_equal:
    case Op::equal_text:
    case Op::less:
    case Op::less_or_equal:
    case Op::greater:
    case Op::greater_or_equal:
    case Op::exclusive_or:
    case Op::like:
    case Op::among_none: return true;
    default: return false;
  }
}

}  // namespace

Builder::Builder(std::size_t texts_bytes) : program_(std::make_shared<Program>()), room_(texts_bytes) {
  program_->texts.reserve(texts_bytes);
}

std::uint32_t Builder::emit(const Instruction& instruction) {
  values_ = static_cast<std::size_t>(static_cast<std::int64_t>(values_) + growth_of(instruction));
  values_most_ = std::max(values_most_, values_);
  program_->code.push_back(instruction);
  return here() - 1;
}

std::uint32_t Builder::emit(Op op, std::string_view name) {
  const auto found = std::ranges::find(names_, name);
  const auto number = static_cast<std::int32_t>(found - names_.begin());
  if (found != names_.end()) return emit({.op = op, .number = number, .text = *found});
  has_too_many_names_ = has_too_many_names_ || names_.size() == limits::names_max;
  if (has_too_many_names_) return emit({.op = op});  // never to be evaluated
  names_.push_back(keep(name));
  return emit({.op = op, .number = number, .text = names_.back()});
}

void Builder::emit_equality(bool wanted, std::uint32_t right) {
  auto& last = program_->code.back();
  if (right + 1 != here() || last.op != Op::text) {
    emit({.op = wanted ? Op::equal : Op::not_equal});
    return;
  }
  last.op = Op::equal_text;
  last.number = wanted ? 1 : 0;
  --values_;
}

void Builder::emit_to_boolean() {
  if (!always_leaves_a_boolean(program_->code.back().op)) emit({.op = Op::to_boolean});
}

void Builder::forget(std::uint32_t from, std::size_t values) {
  program_->code.resize(from);
  values_ -= values;
}

std::string_view Builder::keep(std::string_view text) {
  return keep_appended([text](std::string& texts) { texts += text; });
}

void Builder::check_room() const { CHECK(program_->texts.size() <= room_, "instructions look into the texts"); }

std::int32_t Builder::keep(LikePattern pattern) {
  program_->patterns.push_back(std::move(pattern));
  return static_cast<std::int32_t>(program_->patterns.size() - 1);
}

std::optional<std::string> Builder::excess() const {
  if (has_too_many_names_) return "names of attributes: " + std::to_string(limits::names_max) + " are the most";
  if (program_->code.size() > limits::nodes_max) {
    return std::to_string(program_->code.size()) + " operators and values; " + std::to_string(limits::nodes_max) +
           " are the most";
  }
  if (values_most_ >= limits::values_max) {
    return std::to_string(values_most_) + " values at once; " + std::to_string(limits::values_max - 1) +
           " are the most";
  }
  return std::nullopt;
}

Expression Builder::finish(Type type) {
  CHECK(values_ == 1, "an expression leaves one value");
  program_->type = type;
  return Expression(std::move(program_));
}

}  // namespace millrace::filter
