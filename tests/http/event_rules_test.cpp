#include "event_rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace millrace::http {
namespace {

using testing::HasSubstr;

std::string fault(std::string_view json, std::string_view name = "r") {
  const auto rule = read_rule(name, json);
  return rule ? "" : rule.error().message;
}

cloudevents::Event event(std::string type, std::string source = "/s") {
  cloudevents::Event event;
  event.attributes = {{.name = "specversion", .text = "1.0"},
                      {.name = "id", .text = "A"},
                      {.name = "source", .text = std::move(source)},
                      {.name = "type", .text = std::move(type)}};
  return event;
}

/// A catalog with these rules.
broker::Catalog catalog_of(const std::vector<std::pair<std::string, std::string>>& rules) {
  broker::Catalog catalog;
  for (const auto& [name, json] : rules) {
    EXPECT_TRUE(catalog.apply(broker::DocumentStored{broker::DocumentKind::rule, name, json}));
  }
  return catalog;
}

std::string way(const broker::Catalog& catalog, const cloudevents::Event& of) {
  RuleBook book;
  filter::Scratch scratch;
  const auto rules = book.rules(catalog);
  const auto* rule = rule_for(*rules, of, scratch);
  return rule == nullptr ? "none" : rule->topic;
}

TEST(EventRules, AreReadWithTheirDefaults) {
  const auto rule = read_rule("r", R"({"topic":"orders"})");
  ASSERT_TRUE(rule);
  EXPECT_EQ(rule->name, "r");
  EXPECT_EQ(rule->topic, "orders");
  EXPECT_EQ(rule->position, 0);
}

TEST(EventRules, WhatIsWrongIsNamed) {
  EXPECT_THAT(fault("[]"), HasSubstr("object"));
  EXPECT_THAT(fault("{}"), HasSubstr("topic"));
  EXPECT_THAT(fault(R"({"topic":5})"), HasSubstr("topic"));
  EXPECT_THAT(fault(R"({"topic":"a b"})"), HasSubstr("a b"));
  EXPECT_THAT(fault(R"({"topic":"t","filter":"type = "})"), HasSubstr("filter"));
  EXPECT_THAT(fault(R"({"topic":"t","filter":"LENGHT(type) = 1"})"), HasSubstr("LENGHT")) << "a mistyped function";
  EXPECT_THAT(fault(R"({"topic":"t","filters":[{"exact":{"type":""}}]})"), HasSubstr("filters/0/exact"));
  EXPECT_THAT(fault(R"({"topic":"t","filters":[],"filter":"TRUE"})"), HasSubstr("not both"));
  for (const auto* position : {"-1", "1000001", "1.5", "\"1\"", "null"}) {
    EXPECT_THAT(fault(std::string(R"({"topic":"t","position":)") + position + "}"), HasSubstr("position")) << position;
  }
  EXPECT_THAT(fault(R"({"topic":"t","filtre":"TRUE"})"), HasSubstr("filtre"));
  EXPECT_THAT(fault(R"({"topic":"t"})", "a/b"), HasSubstr("a/b"));
}

TEST(EventRules, TheFirstByPositionAndNameDecides) {
  const auto catalog = catalog_of({{"all", R"({"topic":"rest","position":9})"},
                                   {"b", R"({"topic":"second","filter":"type = 'x'","position":1})"},
                                   {"a", R"({"topic":"first","filters":[{"prefix":{"type":"x"}}],"position":1})"},
                                   {"z", R"({"topic":"early","filter":"source = '/early'"})"}});
  EXPECT_EQ(way(catalog, event("x")), "first");
  EXPECT_EQ(way(catalog, event("y")), "rest");
  EXPECT_EQ(way(catalog, event("x", "/early")), "early");
}

TEST(EventRules, WithoutOneThatItPassesAnEventGoesNowhere) {
  EXPECT_EQ(way(catalog_of({}), event("x")), "none");
  EXPECT_EQ(way(catalog_of({{"a", R"({"topic":"t","filter":"missing = 1"})"}}), event("x")), "none");
}

TEST(EventRules, WhatAnotherVersionHasWrittenIsPassedOver) {
  EXPECT_EQ(way(catalog_of({{"a", R"({"topic":"t","later":1})"}, {"b", R"({"topic":"u"})"}}), event("x")), "u");
}

TEST(EventRules, ABookFollowsItsCatalog) {
  RuleBook book;
  auto catalog = catalog_of({{"a", R"({"topic":"t"})"}});
  const auto before = book.rules(catalog);
  EXPECT_EQ(book.rules(catalog), before) << "they are parsed once";
  ASSERT_TRUE(catalog.apply(broker::DocumentRemoved{broker::DocumentKind::rule, "a"}));
  EXPECT_TRUE(book.rules(catalog)->empty());
  EXPECT_EQ(before->size(), 1u);
}

}  // namespace
}  // namespace millrace::http
