#pragma once
// Short ways to ask expressions, and to say what they answer: "true", "5", "\"abc\"", "0 ! math".

#include <string>
#include <string_view>

#include "cloudevents/events.hpp"
#include "millrace/filter/cesql.hpp"
#include "millrace/filter/dialects.hpp"

namespace millrace::filter {

using cloudevents::event_of;

inline std::string text_of(EvaluationError error) {
  switch (error) {
    case EvaluationError::none: return "";
    case EvaluationError::math: return " ! math";
    case EvaluationError::cast: return " ! cast";
    case EvaluationError::missing_attribute: return " ! missingAttribute";
    case EvaluationError::missing_function: return " ! missingFunction";
    case EvaluationError::function_evaluation: return " ! functionEvaluation";
  }
  return "?";
}

inline std::string text_of(const Value& value) {
  if (value.type == Type::boolean) return value.number != 0 ? "true" : "false";
  return value.type == Type::integer ? std::to_string(value.number) : '"' + std::string(value.text) + '"';
}

inline std::string text_of(const Outcome& outcome) { return text_of(outcome.value) + text_of(outcome.error); }

inline std::string answer_of(const Expression& expression, const cloudevents::Event& event) {
  Scratch scratch;
  return text_of(expression.evaluate(EventAttributes(event), scratch));
}

/// The answer, or "parse: " and why it is none.
inline std::string answer_of(std::string_view text, const cloudevents::Event& event = event_of()) {
  const auto expression = parse_cesql(text);
  return expression ? answer_of(*expression, event) : "parse: " + expression.error().message;
}

inline bool passes(std::string_view text, const cloudevents::Event& event = event_of()) {
  Scratch scratch;
  return parse_cesql(text).value().matches(EventAttributes(event), scratch);
}

/// "true" or "false", or the pointer and why it is no filter.
inline std::string verdict_of(std::string_view filters, const cloudevents::Event& event = event_of()) {
  const auto expression = parse_filters(filters);
  return expression ? answer_of(*expression, event) : expression.error().pointer + ": " + expression.error().detail;
}

}  // namespace millrace::filter
