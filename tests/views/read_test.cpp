#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "millrace/views/view.hpp"

namespace millrace::views {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

std::vector<std::string> faults_of(std::string_view json, std::string_view name = "orders.eu") {
  const auto read_ = read(json, name);
  std::vector<std::string> all;
  if (read_) return {"none"};
  for (const auto& fault : read_.error()) all.push_back(fault.pointer + " " + fault.detail);
  return all;
}

TEST(ReadView, TakesAnExpressionOrFilterObjects) {
  const auto sql = read(R"({"topic":"orders","filter":"region = 'eu'"})", "orders.eu");
  ASSERT_TRUE(sql);
  EXPECT_EQ(sql->topic, "orders");
  EXPECT_EQ(sql->filter, R"({"filter":"region = 'eu'"})");
  const auto objects =
      read(R"({"name":"orders.eu","topic":"orders","filters":[{"exact":{"region":"eu"}}]})", "orders.eu");
  ASSERT_TRUE(objects);
  EXPECT_EQ(objects->filter, R"({"filters":[{"exact":{"region":"eu"}}]})");
}

TEST(ReadView, TellsEveryFaultAndItsPlace) {
  EXPECT_THAT(faults_of(R"({"topic":5,"filter":"type = ","more":1})"),
              ElementsAre(HasSubstr("/topic "), HasSubstr("/filter at character"), HasSubstr("/more ")));
  EXPECT_THAT(faults_of(R"({"topic":"orders","filters":[{"exact":{"A":"b"}}]})"),
              ElementsAre(HasSubstr("/filters/0/exact/A ")));
  EXPECT_THAT(faults_of(R"({"filter":"TRUE"})"), ElementsAre(HasSubstr("/topic is required")));
  EXPECT_THAT(faults_of(R"({"topic":"orders","filter":"TRUE","name":"other"})"), ElementsAre(HasSubstr("/name ")));
  EXPECT_THAT(faults_of(R"({"topic":"","filter":"TRUE"})"), ElementsAre(HasSubstr("/topic ")));
}

TEST(ReadView, HasOneFilter) {
  EXPECT_THAT(faults_of(R"({"topic":"orders"})"), ElementsAre(HasSubstr("either filter")));
  EXPECT_THAT(faults_of(R"({"topic":"orders","filter":"TRUE","filters":[]})"), ElementsAre(HasSubstr("either filter")));
  EXPECT_THAT(faults_of(R"({"topic":"orders","filter":{}})"), ElementsAre(HasSubstr("/filter must be a string")));
  EXPECT_THAT(faults_of(R"json({"topic":"orders","filter":"NO_SUCH(type)"})json"), ElementsAre(HasSubstr("/filter ")));
}

TEST(ReadView, NeedsAnObjectThatIsNotNestedWithoutEnd) {
  for (const auto* text : {"", "[]", "5", "null", "{", R"("orders")"})
    EXPECT_THAT(faults_of(text), ElementsAre(HasSubstr("object of JSON"))) << text;
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += R"([{"not":)";
  EXPECT_THAT(faults_of(R"({"topic":"orders","filters":)" + deep), SizeIs(1));
  std::string closed = R"({"topic":"orders","filters":)";
  for (int i = 0; i < 10'000; ++i) closed += "[";
  for (int i = 0; i < 10'000; ++i) closed += "]";
  EXPECT_THAT(faults_of(closed + "}"), ElementsAre(HasSubstr("nested")));
}

TEST(ReadView, DoesNotTellMoreThanAFewStrangers) {
  std::string many = R"({"topic":"orders","filter":"TRUE")";
  for (int i = 0; i < 1'000; ++i) many += ",\"x" + std::to_string(i) + "\":0";
  EXPECT_THAT(faults_of(many + "}"), SizeIs(8));
}

}  // namespace
}  // namespace millrace::views
