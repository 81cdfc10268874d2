// Batches out of JSON: all events or none.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "events.hpp"
#include "millrace/cloudevents/json.hpp"

namespace millrace::cloudevents {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(CloudEventsBatch, Json13AnArrayOfEventsKeepsItsOrder) {
  const auto events = parse_json_batch(" [ " + json_of("\"n\":1") + " , " + json_of("\"n\":2") + "] ");
  ASSERT_TRUE(events);
  ASSERT_THAT(*events, SizeIs(2));
  EXPECT_EQ(events->at(0).text("n"), "1");
  EXPECT_EQ(events->at(1).text("n"), "2");
}

TEST(CloudEventsBatch, Json13AnEmptyArrayIsFine) {
  for (const auto* text : {"[]", " [ ] "}) {
    const auto events = parse_json_batch(text);
    ASSERT_TRUE(events);
    EXPECT_THAT(*events, IsEmpty());
  }
}

TEST(CloudEventsBatch, Json13WhatIsNoArrayIsMalformed) {
  const std::vector<std::string> texts{"",
                                       "{}",
                                       "[",
                                       "[,]",
                                       "[{]",
                                       "[\xFF]",
                                       json_of(),
                                       '[' + json_of() + ",]",
                                       '[' + json_of() + "]]",
                                       '[' + json_of(),
                                       '[' + json_of() + '}',
                                       '[' + json_of() + json_of() + ']'};
  for (const std::string& text : texts) {
    const auto judged = parse_json_batch(text);
    ASSERT_FALSE(judged) << text;
    EXPECT_EQ(problem_of(judged.error()), Problem::malformed_event) << text;
    EXPECT_EQ(verdict_of(judged), "JSON-13 ") << text;
  }
}

TEST(CloudEventsBatch, EveryBadElementIsNamedBeforeAnythingIsKept) {
  const auto judged = parse_json_batch('[' + json_of() + ',' + json_of("\"time\":\"noon\",\"Bad\":\"x\"") + ",5," +
                                       json_of("\"data\":1,\"data_base64\":\"\"") + ']');
  ASSERT_FALSE(judged);
  std::vector<std::string> pointers;
  for (const Fault& fault : judged.error()) pointers.push_back(fault.rule + ' ' + fault.pointer);
  EXPECT_THAT(pointers, ElementsAre("CORE-19 /1/time", "CORE-7 /1/Bad", "JSON-13 /2", "JSON-6 /3/data"));
  EXPECT_THAT(judged.error(), Each(Field(&Fault::problem, Problem::invalid_batch)));
}

TEST(CloudEventsBatch, Core26VersionsAreNotMixed) {
  const auto of = [](const std::string& version) {
    return R"({"specversion":")" + version + R"(","id":"A","source":"/s","type":"t"})";
  };
  EXPECT_EQ(verdict_of(parse_json_batch('[' + of("1.0") + ',' + of("1.0") + ',' + of("0.3") + ']')),
            "CORE-26 /2/specversion");
  EXPECT_EQ(verdict_of(parse_json_batch('[' + of("0.3") + ',' + of("0.3") + ']')), "fine");
}

TEST(CloudEventsBatch, FaultsAreBoundedHoweverManyElementsAreBad) {
  std::string text = "[0";
  for (int at = 0; at < 100'000; ++at) text += ",{}";
  const auto judged = parse_json_batch(text + ']');
  ASSERT_FALSE(judged);
  EXPECT_THAT(judged.error(), SizeIs(faults_max));
}

TEST(CloudEventsBatch, ElementsAreSlicesOfTheText) {
  const std::string first = json_of("\"data\": [ 1, 2 ]");
  const std::string second = "{ " + json_of().substr(1);
  const std::string text = "[\n" + first + " ,\t" + second + " ]";
  ASSERT_TRUE(parse_json_batch(text));
  EXPECT_THAT(split_json_batch(text), ElementsAre(first, second));
  EXPECT_THAT(split_json_batch("[]"), IsEmpty());
}

}  // namespace
}  // namespace millrace::cloudevents
