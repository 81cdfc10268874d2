// Every case of cesql_cases.txt: CESQL's conformance kit.

#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "language.hpp"

namespace millrace::filter {
namespace {

using Json = nlohmann::json;

struct Case {
  std::string section;
  std::string expression;
  std::string expected;  ///< as answer_of() says it; "parse" when it is to be refused
  std::string erratum;   ///< what the kit says instead
  cloudevents::Event event;
};

/// The part of `line` behind `mark`, which is cut off.
std::string cut_off(std::string& line, const std::string& mark) {
  const auto at = line.rfind(mark);
  if (at == std::string::npos) return {};
  auto rest = line.substr(at + mark.size());
  line.resize(at);
  return rest;
}

void put(cloudevents::Event& event, const std::string& name, const Json& value) {
  using cloudevents::ValueType;
  cloudevents::Attribute attribute{.name = name, .text = value.is_string() ? value.get<std::string>() : value.dump()};
  if (value.is_boolean()) attribute.type = ValueType::boolean;
  if (value.is_number()) attribute.type = ValueType::integer;
  std::erase_if(event.attributes, [&](const auto& each) { return each.name == name; });
  event.attributes.push_back(std::move(attribute));
}

/// The value as answer_of() has it, which escapes nothing.
std::string as_answered(const std::string& expected) {
  if (!expected.starts_with('"')) return expected;
  const auto end = expected.rfind('"') + 1;
  return '"' + Json::parse(expected.substr(0, end)).get<std::string>() + '"' + expected.substr(end);
}

Case case_of(std::string line, std::string section) {
  Case one{.section = std::move(section), .expression = {}, .expected = {}, .erratum = {}, .event = {}};
  for (const auto& [name, value] :
       {std::pair{"specversion", "1.0"}, {"id", "myId"}, {"source", "localhost.localdomain"}, {"type", "myType"}}) {
    put(one.event, name, value);
  }
  one.erratum = cut_off(line, " erratum ");
  const auto told = cut_off(line, " with ");
  const auto attributes = Json::parse(told.empty() ? "{}" : told);
  for (const auto& [name, value] : attributes.items()) put(one.event, name, value);
  one.expected = as_answered(cut_off(line, " => "));
  one.expression = line;
  return one;
}

std::vector<Case> cases() {
  std::ifstream file(MILLRACE_CESQL_CASES);
  std::vector<Case> found;
  std::string section;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('[')) section = line.substr(1, line.size() - 2);
    if (line.starts_with('#') || line.starts_with('[') || line.empty()) continue;
    found.push_back(case_of(std::move(line), section));
  }
  return found;
}

TEST(CesqlCases, AllOfThemAreThere) {
  std::map<std::string, std::size_t> counts;
  for (const auto& one : cases()) ++counts[one.section];
  const std::map<std::string, std::size_t> expected{{"binary_comparison_operators", 32},
                                                    {"binary_logical_operators", 16},
                                                    {"binary_math_operators", 18},
                                                    {"case_sensitivity", 7},
                                                    {"casting_functions", 21},
                                                    {"context_attributes_access", 8},
                                                    {"exists_expression", 7},
                                                    {"in_expression", 16},
                                                    {"integer_builtin_functions", 4},
                                                    {"like_expression", 37},
                                                    {"literals", 10},
                                                    {"negate_operator", 6},
                                                    {"not_operator", 6},
                                                    {"parse_errors", 1},
                                                    {"spec_examples", 13},
                                                    {"string_builtin_functions", 42},
                                                    {"sub_expression", 3},
                                                    {"subscriptions_api_recreations", 28}};
  EXPECT_EQ(counts, expected);
}

TEST(CesqlCases, AreAnsweredAsTheKitHasThem) {
  std::size_t held = 0;
  for (const auto& one : cases()) {
    const auto answer = answer_of(one.expression, one.event);
    const bool is_held = one.expected == "! parse" ? answer.starts_with("parse: ") : answer == one.expected;
    EXPECT_TRUE(is_held) << one.section << ": " << one.expression << "\n  is " << answer << ", not " << one.expected;
    held += is_held ? 1 : 0;
  }
  EXPECT_EQ(held, 275U);
}

/// The kit's case dates from before the text made the cast of Integer to Boolean one that never fails (section 3.7).
TEST(CesqlCases, OnlyNot10IsAnotherThingThanTheKitSays) {
  std::vector<std::string> errata;
  for (const auto& one : cases()) {
    if (!one.erratum.empty()) errata.push_back(one.expression + " is " + one.expected + ", the kit: " + one.erratum);
  }
  EXPECT_THAT(errata, testing::ElementsAre("NOT 10 is false, the kit: true ! cast"));
}

/// SQL-2: what passes as a filter is true without an error, and nothing else.
TEST(CesqlCases, PassAsFiltersWhereTheyAreTrue) {
  for (const auto& one : cases()) {
    const auto expression = parse_cesql(one.expression);
    if (!expression) continue;
    Scratch scratch;
    EXPECT_EQ(expression->matches(EventAttributes(one.event), scratch), one.expected == "true") << one.expression;
  }
}

/// The same answers from the headers of a record, where all values are strings: true for all that compares.
TEST(CesqlCases, AreAnsweredFromHeadersLikewise) {
  for (const auto& one : cases()) {
    const auto expression = parse_cesql(one.expression);
    if (!expression || one.section == "context_attributes_access") continue;
    cloudevents::RecordHeaders headers;
    for (const auto& each : one.event.attributes) headers.emplace_back("ce_" + each.name, each.text);
    const cloudevents::StoredRecord record(headers);
    Scratch scratch;
    EXPECT_EQ(text_of(expression->evaluate(RecordAttributes(record.cursor()), scratch)), one.expected)
        << one.expression;
  }
}

}  // namespace
}  // namespace millrace::filter
