// Filter objects of the Subscriptions API, by their rows in docs/filters.md.

#include <gmock/gmock.h>

#include "language.hpp"

namespace millrace::filter {
namespace {

using testing::StartsWith;

TEST(Filters, Sub6AllOfTheArrayHaveToPass) {
  EXPECT_EQ(verdict_of("[]"), "true");
  EXPECT_EQ(verdict_of(R"([{"exact":{"id":"A1"}},{"prefix":{"type":"com."}}])"), "true");
  EXPECT_EQ(verdict_of(R"([{"exact":{"id":"A1"}},{"prefix":{"type":"org."}}])"), "false");
  EXPECT_EQ(verdict_of(R"([{"exact":{"id":"A2"}},{"prefix":{"type":"com."}}])"), "false");
}

TEST(Filters, Sub7OtherDialectsAreRefused) {
  EXPECT_EQ(verdict_of(R"([{"exact":{"id":"A1"}},{"regex":{"id":"."}}])"),
            "/1: \"regex\" is not a dialect: exact, prefix, suffix, all, any, not and sql are");
  EXPECT_THAT(verdict_of(R"([{"exact":{"id":"A1"},"prefix":{"id":"A"}}])"), StartsWith("/0: must be an object"));
  EXPECT_THAT(verdict_of(R"([{}])"), StartsWith("/0: must be an object with one member"));
  EXPECT_THAT(verdict_of(R"([7])"), StartsWith("/0: must be an object with one member"));
  EXPECT_EQ(verdict_of(R"({})"), ": must be an array of filters");
  EXPECT_EQ(verdict_of(R"([)"), ": the filters are not JSON");
}

TEST(Filters, Sub8TheDialectsOfTexts) {
  EXPECT_EQ(verdict_of(R"([{"exact":{"source":"/shop"}}])"), "true");
  EXPECT_EQ(verdict_of(R"([{"exact":{"source":"/sho"}}])"), "false");
  EXPECT_EQ(verdict_of(R"([{"prefix":{"source":"/sh"}}])"), "true");
  EXPECT_EQ(verdict_of(R"([{"suffix":{"source":"op"}}])"), "true");
  EXPECT_EQ(verdict_of(R"([{"suffix":{"source":"/shop and more"}}])"), "false");
  EXPECT_EQ(verdict_of(R"([{"prefix":{"source":"/SH"}}])"), "false") << "letter case counts";
}

TEST(Filters, Sub9EveryMemberHasToMatch) {
  EXPECT_EQ(verdict_of(R"([{"exact":{"id":"A1","source":"/shop","type":"com.example.sold"}}])"), "true");
  EXPECT_EQ(verdict_of(R"([{"exact":{"id":"A1","source":"/other","type":"com.example.sold"}}])"), "false");
  EXPECT_EQ(verdict_of(R"([{"not":{"exact":{"id":"A1","source":"/other"}}}])"), "true");
}

TEST(Filters, Sub9WhatIsMissingIsEqualToNothing) {
  EXPECT_EQ(verdict_of(R"([{"exact":{"subject":"x"}}])"), "false");
  EXPECT_EQ(verdict_of(R"([{"not":{"prefix":{"subject":"x"}}}])"), "true");
  EXPECT_EQ(verdict_of(R"([{"any":[{"suffix":{"subject":"x"}},{"exact":{"id":"A1"}}]}])"), "true");
}

TEST(Filters, Sub9CanonicalStringsAreCompared) {
  auto event = event_of();
  event.attributes.push_back({.name = "count", .text = "5", .type = cloudevents::ValueType::integer});
  event.attributes.push_back({.name = "urgent", .text = "true", .type = cloudevents::ValueType::boolean});
  EXPECT_EQ(verdict_of(R"([{"exact":{"count":"5","urgent":"true"}}])", event), "true");
}

TEST(Filters, Sub9NamesAndValuesHaveRules) {
  EXPECT_EQ(verdict_of(R"([{"exact":{"Type":"x"}}])"),
            "/0/exact/Type: \"Type\" can be no attribute: names are of a-z and 0-9");
  EXPECT_THAT(verdict_of(R"([{"exact":{"a/b~c":"x"}}])"), StartsWith("/0/exact/a~1b~0c: "));
  EXPECT_EQ(verdict_of(R"([{"prefix":{"type":""}}])"), "/0/prefix/type: must be a string that is not empty");
  EXPECT_EQ(verdict_of(R"([{"prefix":{"type":5}}])"), "/0/prefix/type: must be a string that is not empty");
  EXPECT_THAT(verdict_of(R"([{"suffix":{}}])"), StartsWith("/0/suffix: must be an object of at least one"));
  EXPECT_EQ(verdict_of(R"([{"exact":{"not":"x"}}])"), "false") << "names like CESQL's keywords are names here";
}

TEST(Filters, Sub10AllAnyAndNot) {
  EXPECT_EQ(verdict_of(R"([{"all":[{"exact":{"id":"A1"}},{"exact":{"source":"/shop"}}]}])"), "true");
  EXPECT_EQ(verdict_of(R"([{"all":[{"exact":{"id":"A1"}},{"exact":{"source":"/x"}}]}])"), "false");
  EXPECT_EQ(verdict_of(R"([{"any":[{"exact":{"id":"A2"}},{"exact":{"source":"/shop"}}]}])"), "true");
  EXPECT_EQ(verdict_of(R"([{"any":[{"exact":{"id":"A2"}},{"exact":{"source":"/x"}}]}])"), "false");
  EXPECT_EQ(verdict_of(R"([{"not":{"not":{"exact":{"id":"A1"}}}}])"), "true");
  EXPECT_EQ(verdict_of(R"([{"any":[]}])"), "/0/any: must be an array of at least one filter");
  EXPECT_EQ(verdict_of(R"([{"all":{}}])"), "/0/all: must be an array of at least one filter");
  EXPECT_THAT(verdict_of(R"([{"not":[{"exact":{"id":"A1"}}]}])"), StartsWith("/0/not: must be an object"));
}

std::string nested(std::size_t depth) {
  std::string text = "[";
  for (std::size_t at = 1; at < depth; ++at) text += R"({"not":)";
  text += R"({"exact":{"id":"A1"}})";
  return text + std::string(depth - 1, '}') + "]";
}

TEST(Filters, Sub10DepthAndCountAreBounded) {
  EXPECT_EQ(verdict_of(nested(limits::filters_depth_max)), "false") << "an odd number of not";
  EXPECT_THAT(verdict_of(nested(limits::filters_depth_max + 1)),
              testing::EndsWith(": 16 filters inside of each other are the most"));
  std::string many = "[";
  for (std::size_t at = 0; at < limits::filters_max; ++at) many += R"({"exact":{"id":"A1"}},)";
  many.back() = ']';
  EXPECT_EQ(verdict_of(many), "true");
  many.back() = ',';
  EXPECT_EQ(verdict_of(many + R"({"exact":{"id":"A1"}}])"), "/256: 256 filters are the most");
  EXPECT_THAT(verdict_of("[\"" + std::string(limits::filters_bytes_max, 'x') + "\"]"),
              testing::EndsWith("65536 are the most"));
}

TEST(Filters, Sub11AnExpressionOfCesqlIsTrueOrFalse) {
  EXPECT_EQ(verdict_of(R"([{"sql":"type LIKE 'com.%'"}])"), "true");
  EXPECT_EQ(verdict_of(R"([{"cesql":"type LIKE 'org.%'"}])"), "false");
  EXPECT_EQ(verdict_of(R"([{"sql":"1"}])"), "false") << "an Integer is not true";
  EXPECT_EQ(verdict_of(R"([{"sql":"'true'"}])"), "false");
}

TEST(Filters, Sub11AnExpressionThatFailsIsFalseByItself) {
  EXPECT_EQ(verdict_of(R"([{"sql":"subject = 'x'"}])"), "false");
  EXPECT_EQ(verdict_of(R"([{"not":{"sql":"subject = 'x'"}}])"), "true");
  EXPECT_EQ(verdict_of(R"([{"any":[{"sql":"1 + (2 / 0) = 1"},{"sql":"LENGTH(CONCAT('a',id,1/0)) = 1"},)"
                       R"({"exact":{"id":"A1"}}]}])"),
            "true");
  EXPECT_EQ(verdict_of(R"([{"sql":"TRUE"},{"sql":"1 / 0"},{"sql":"TRUE"}])"), "false");
}

TEST(Filters, Sub11AnExpressionThatIsNoneIsRefusedWithItsPlace) {
  EXPECT_EQ(verdict_of(R"([{"all":[{"exact":{"id":"A1"}},{"sql":"type ="}]}])"),
            "/0/all/1/sql: at character 7: a value is expected, not the end");
  EXPECT_EQ(verdict_of(R"([{"sql":7}])"), "/0/sql: must be a string: an expression of CESQL");
}

}  // namespace
}  // namespace millrace::filter
