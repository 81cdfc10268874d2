// A second evaluator, made of the sentences of docs/filters.md and of nothing else: a tree, values that own their
// texts, recursion. Random trees are written as texts and asked of both.

#include <gmock/gmock.h>

#include <variant>

#include "language.hpp"
#include "support/seeded_random.hpp"

namespace millrace::filter {
namespace {

using Plain = std::variant<bool, std::int32_t, std::string>;

struct Answer {
  Plain value;
  EvaluationError error = EvaluationError::none;
};

/// What stands around it decides how much of it needs parentheses: the greater, the more it binds.
enum Binding { of_logic = 1, of_comparison, of_sum, of_product, of_list, of_likeness, of_sign, of_atom };

struct Tree {
  std::string op;  ///< "literal", "attribute", an operator, or a function
  Plain value{};
  std::vector<Tree> parts{};
};

int binding_of(const Tree& tree) {
  const auto& op = tree.op;
  if (op == "AND" || op == "OR" || op == "XOR") return of_logic;
  if (op == "=" || op == "!=" || op == "<>" || op == "<" || op == "<=" || op == ">" || op == ">=") return of_comparison;
  if (op == "+" || op == "-") return of_sum;
  if (op == "*" || op == "/" || op == "%") return of_product;
  if (op == "IN" || op == "NOT IN") return of_list;
  if (op == "LIKE" || op == "NOT LIKE") return of_likeness;
  if (op == "NOT" || op == "negate") return of_sign;
  return of_atom;
}

std::string quoted(const std::string& text) { return "'" + text + "'"; }

std::string written(const Tree& tree);

std::string written(const Tree& tree, int least) {
  return binding_of(tree) < least ? "(" + written(tree) + ")" : written(tree);
}

std::string list_of(const std::vector<Tree>& parts, std::size_t from) {
  std::string text = "(";
  for (std::size_t at = from; at < parts.size(); ++at) text += (at > from ? ", " : "") + written(parts[at], of_logic);
  return text + ")";
}

std::string written(const Tree& tree) {
  const auto binding = binding_of(tree);
  if (tree.op == "literal") {
    if (const auto* const number = std::get_if<std::int32_t>(&tree.value)) return std::to_string(*number);
    if (const auto* const flag = std::get_if<bool>(&tree.value)) return *flag ? "TRUE" : "FALSE";
    return quoted(std::get<std::string>(tree.value));
  }
  if (tree.op == "attribute") return std::get<std::string>(tree.value);
  if (tree.op == "EXISTS") return "EXISTS " + std::get<std::string>(tree.value);
  if (tree.op == "NOT") return "NOT " + written(tree.parts[0], of_sign);
  if (tree.op == "negate") return "- " + written(tree.parts[0], of_sign);
  if (binding == of_list) return written(tree.parts[0], of_list) + " " + tree.op + " " + list_of(tree.parts, 1);
  if (binding == of_likeness)
    return written(tree.parts[0], of_likeness) + " " + tree.op + " " + quoted(std::get<std::string>(tree.value));
  if (binding == of_atom) return tree.op + list_of(tree.parts, 0);
  return written(tree.parts[0], binding) + " " + tree.op + " " + written(tree.parts[1], binding + 1);
}

Answer cast_to(std::size_t type, const Plain& value) {
  if (value.index() == type) return {value};
  const auto* const text = std::get_if<std::string>(&value);
  if (type == 0) {
    if (text == nullptr) return {std::get<std::int32_t>(value) != 0};
    std::string folded;
    for (const char c : *text) folded += static_cast<char>(std::tolower(c));
    if (folded == "true") return {true};
    return {false, folded == "false" ? EvaluationError::none : EvaluationError::cast};
  }
  if (type == 1) {
    if (text == nullptr) return {std::get<bool>(value) ? 1 : 0};
    const std::size_t sign = text->starts_with('-') || text->starts_with('+') ? 1 : 0;
    const auto digits = text->substr(sign);
    if (digits.empty() || digits.size() > 11 || digits.find_first_not_of("0123456789") != std::string::npos)
      return {0, EvaluationError::cast};
    const auto number = std::stoll(*text);
    if (number < INT32_MIN || number > INT32_MAX) return {0, EvaluationError::cast};
    return {static_cast<std::int32_t>(number)};
  }
  if (const auto* const flag = std::get_if<bool>(&value)) return {std::string(*flag ? "true" : "false")};
  return {std::to_string(std::get<std::int32_t>(value))};
}

bool is_like(std::string_view text, std::string_view pattern) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '%') return is_like(text, pattern.substr(1)) || (!text.empty() && is_like(text.substr(1), pattern));
  return !text.empty() && (pattern[0] == '_' || pattern[0] == text[0]) && is_like(text.substr(1), pattern.substr(1));
}

class SecondEvaluator {
 public:
  explicit SecondEvaluator(const cloudevents::Event& event) : event_(event) {}

  Answer answer(const Tree& tree) const {
    if (tree.op == "literal") return {tree.value};
    if (tree.op == "attribute") {
      const auto* const found = event_.find(std::get<std::string>(tree.value));
      if (found == nullptr) return {false, EvaluationError::missing_attribute};
      if (found->type == cloudevents::ValueType::boolean) return {found->text == "true"};
      if (found->type == cloudevents::ValueType::integer) return {std::stoi(found->text)};
      return {found->text};
    }
    if (tree.op == "EXISTS") return {event_.find(std::get<std::string>(tree.value)) != nullptr};
    if (tree.op == "AND" || tree.op == "OR") return logic(tree);
    if (tree.op == "IN" || tree.op == "NOT IN") return list(tree);
    std::vector<Plain> values;
    for (const auto& part : tree.parts) {
      auto value = answer(part);
      if (value.error != EvaluationError::none) return {zero(tree), value.error};
      values.push_back(std::move(value.value));
    }
    return apply(tree, std::move(values));
  }

 private:
  static Plain zero(const Tree& tree) {
    const auto binding = binding_of(tree);
    if (binding == of_sum || binding == of_product || tree.op == "negate" || tree.op == "LENGTH") return 0;
    if (tree.op == "CONCAT" || tree.op == "LEFT") return std::string();
    return false;
  }

  Answer logic(const Tree& tree) const {
    for (const auto& part : tree.parts) {
      const auto value = answer(part);
      if (value.error != EvaluationError::none) return {false, value.error};
      const auto flag = cast_to(0, value.value);
      if (flag.error != EvaluationError::none) return flag;
      if (std::get<bool>(flag.value) == (tree.op == "OR")) return flag;
    }
    return {tree.op == "AND"};
  }

  Answer list(const Tree& tree) const {
    const auto value = answer(tree.parts[0]);
    if (value.error != EvaluationError::none) return {false, value.error};
    for (std::size_t at = 1; at < tree.parts.size(); ++at) {
      const auto element = answer(tree.parts[at]);
      if (element.error != EvaluationError::none) return {false, element.error};
      const auto same = cast_to(value.value.index(), element.value);
      if (same.error != EvaluationError::none) return {false, same.error};
      if (same.value == value.value) return {tree.op == "IN"};
    }
    return {tree.op != "IN"};
  }

  static Answer apply(const Tree& tree, std::vector<Plain> values) {
    const auto& op = tree.op;
    const auto fixed = [&](std::size_t type, std::size_t from, std::size_t to) {
      for (auto at = from; at < to; ++at) {
        auto done = cast_to(type, values[at]);
        if (done.error != EvaluationError::none) return done.error;
        values[at] = std::move(done.value);
      }
      return EvaluationError::none;
    };
    if (op == "=" || op == "!=" || op == "<>") {
      const auto left = cast_to(values[1].index(), values[0]);
      if (left.error != EvaluationError::none) return {false, left.error};
      return {(left.value == values[1]) == (op == "=")};
    }
    const bool is_text = op == "CONCAT" || op == "LENGTH" || op == "LIKE" || op == "NOT LIKE";
    const bool is_flag = op == "XOR" || op == "NOT";
    auto error = op == "LEFT" ? fixed(2, 0, 1) : fixed(is_text ? 2 : is_flag ? 0 : 1, 0, values.size());
    if (op == "LEFT" && error == EvaluationError::none) error = fixed(1, 1, 2);
    if (error != EvaluationError::none) return {zero(tree), error};
    if (op == "NOT") return {!std::get<bool>(values[0])};
    if (op == "XOR") return {values[0] != values[1]};
    if (op == "LIKE" || op == "NOT LIKE")
      return {is_like(std::get<std::string>(values[0]), std::get<std::string>(tree.value)) == (op == "LIKE")};
    if (op == "LENGTH") return {static_cast<std::int32_t>(std::get<std::string>(values[0]).size())};
    if (op == "CONCAT") {
      std::string all;
      for (const auto& value : values) all += std::get<std::string>(value);
      return {all};
    }
    if (op == "LEFT") {
      const auto count = std::get<std::int32_t>(values[1]);
      if (count < 0) return {values[0], EvaluationError::function_evaluation};
      return {std::get<std::string>(values[0]).substr(0, static_cast<std::size_t>(count))};
    }
    return numbers(op, std::get<std::int32_t>(values[0]),
                   values.size() > 1 ? std::get<std::int32_t>(values[1]) : std::int32_t{0});
  }

  static Answer numbers(const std::string& op, std::int64_t left, std::int64_t right) {
    if (op == "<") return {left < right};
    if (op == "<=") return {left <= right};
    if (op == ">") return {left > right};
    if (op == ">=") return {left >= right};
    if ((op == "/" || op == "%") && right == 0) return {0, EvaluationError::math};
    const auto result = op == "negate" ? -left
                        : op == "+"    ? left + right
                        : op == "-"    ? left - right
                        : op == "*"    ? left * right
                        : op == "/"    ? left / right
                                       : left % right;
    const auto wrapped = static_cast<std::int32_t>(static_cast<std::uint64_t>(result));
    return {wrapped, wrapped == result ? EvaluationError::none : EvaluationError::math};
  }

  const cloudevents::Event& event_;
};

class Trees {
 public:
  explicit Trees(std::uint64_t seed) : random_(seed) {}

  Tree tree(int depth) {
    if (depth == 0 || random_.chance(10)) return leaf();
    switch (random_.below(9)) {
      case 0: return binary({"AND", "OR", "XOR"}, depth);
      case 1: return binary({"=", "!=", "<>"}, depth);
      case 2: return binary({"<", "<=", ">", ">="}, depth);
      case 3: return binary({"+", "-"}, depth);
      case 4: return binary({"*", "/", "%"}, depth);
      case 5: return parts(random_.chance(50) ? "IN" : "NOT IN", 2 + random_.below(3), depth);
      case 6: {
        auto like = parts(random_.chance(50) ? "LIKE" : "NOT LIKE", 1, depth);
        like.value = one_of({"%", "_", "t%", "%a%", "1_", "%e", "a_b%", ""});
        return like;
      }
      case 7: return parts(random_.chance(50) ? "NOT" : "negate", 1, depth);
      default: {
        const auto name = one_of({"LENGTH", "CONCAT", "LEFT"});
        return parts(name, name == "LENGTH" ? 1 : name == "LEFT" ? 2 : random_.below(4), depth);
      }
    }
  }

 private:
  std::string one_of(std::initializer_list<const char*> words) { return words.begin()[random_.below(words.size())]; }

  Tree leaf() {
    switch (random_.below(5)) {
      case 0: return {"literal", random_.chance(50)};
      case 1: {
        const std::int32_t numbers[] = {0, 1, 2, 5, 12, 65'536, INT32_MAX};
        return {"literal", numbers[random_.below(std::size(numbers))]};
      }
      case 2: return {"literal", one_of({"", "a", "abc", "true", "FALSE", "5", "-12", "+1", "99999999999", "a b"})};
      case 3: return {"EXISTS", one_of({"id", "flag", "count", "missing"})};
      default: return {"attribute", one_of({"id", "type", "flag", "count", "number", "missing"})};
    }
  }

  Tree parts(std::string op, std::uint64_t count, int depth) {
    Tree made{std::move(op)};
    for (; count > 0; --count) made.parts.push_back(tree(depth - 1));
    return made;
  }
  Tree binary(std::initializer_list<const char*> words, int depth) { return parts(one_of(words), 2, depth); }

  support::SeededRandom random_;
};

std::string text_of(const Answer& answer) {
  Value value{.type = static_cast<Type>(answer.value.index())};
  if (const auto* const flag = std::get_if<bool>(&answer.value)) value.number = *flag ? 1 : 0;
  if (const auto* const number = std::get_if<std::int32_t>(&answer.value)) value.number = *number;
  if (const auto* const text = std::get_if<std::string>(&answer.value)) value.text = *text;
  return text_of(Outcome{value, answer.error});
}

TEST(SecondEvaluator, AgreesOnRandomExpressions) {
  auto event = event_of({{"number", "12"}});
  event.attributes.push_back({.name = "flag", .text = "true", .type = cloudevents::ValueType::boolean});
  event.attributes.push_back({.name = "count", .text = "5", .type = cloudevents::ValueType::integer});
  const SecondEvaluator second(event);
  const auto seed = support::seed_from_env(6);
  Trees trees(seed);
  int without_error = 0;
  for (int round = 0; round < 50'000; ++round) {
    const auto tree = trees.tree(1 + round % 5);
    const auto text = written(tree);
    const auto expected = second.answer(tree);
    ASSERT_EQ(answer_of(text, event), text_of(expected)) << text << "\nseed " << seed;
    without_error += expected.error == EvaluationError::none ? 1 : 0;
  }
  EXPECT_GT(without_error, 10'000);
}

/// An sql filter among filter objects says what the expression says as a filter, wherever it stands.
TEST(SecondEvaluator, FilterObjectsSayTheSame) {
  const auto event = event_of({{"number", "12"}});
  Trees trees(support::seed_from_env(7));
  for (int round = 0; round < 5'000; ++round) {
    const auto text = written(trees.tree(1 + round % 4));
    const auto expected = passes(text, event);
    const auto object = "{\"sql\":\"" + text + "\"}";
    ASSERT_EQ(verdict_of("[" + object + "]", event), expected ? "true" : "false") << text;
    ASSERT_EQ(verdict_of("[{\"not\":" + object + "}]", event), expected ? "false" : "true") << text;
    ASSERT_EQ(verdict_of("[{\"any\":[" + object + "," + object + "]}]", event), expected ? "true" : "false") << text;
  }
}

}  // namespace
}  // namespace millrace::filter
