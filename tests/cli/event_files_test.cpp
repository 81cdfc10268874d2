// Events in files: which form a text has, what is wrong and where, and the other forms.

#include "event_files.hpp"

#include <gmock/gmock.h>

namespace millrace::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string one = R"({"specversion":"1.0","id":"1","source":"/s","type":"t","data":{"n": 1.50}})";
const std::string two = R"({"specversion":"1.0","id":"2","source":"/s","type":"t","city":"caf\u00e9"})";

EventForm form_of(const std::string& text) {
  const auto read = read_events(text);
  EXPECT_TRUE(read) << text;
  return read ? read->form : EventForm::json;
}

TEST(EventFile, TellsItsFormByItself) {
  EXPECT_EQ(form_of(one), EventForm::json);
  EXPECT_EQ(form_of("\n " + one + "\n"), EventForm::json);
  EXPECT_EQ(form_of("[" + one + "," + two + "]"), EventForm::batch);
  EXPECT_EQ(form_of(one + "\n\n" + two + "\r\n"), EventForm::lines);
  EXPECT_EQ(form_of("ce-specversion: 1.0\nce-id: 1\nce-source: /s\nce-type: t\n\ndata"), EventForm::http);
}

TEST(EventFile, SaysWhereItIsWrongAndByWhichRule) {
  const auto lines =
      read_events(one + "\n" + R"({"specversion":"1.0","id":"","source":"/s","type":"t","time":"now"})" + "\n");
  ASSERT_FALSE(lines);
  EXPECT_THAT(lines.error(), ElementsAre(AllOf(HasSubstr("line 2: /id"), HasSubstr("CORE-2")),
                                         AllOf(HasSubstr("line 2: /time"), HasSubstr("CORE-19"))));
  const auto batch = read_events("[" + one + R"(,{"specversion":"1.0","id":"1","source":"/s"}])");
  ASSERT_FALSE(batch);
  EXPECT_THAT(batch.error(), ElementsAre(AllOf(HasSubstr("/1/type"), HasSubstr("CORE-2"))));
  EXPECT_FALSE(read_events(" \n"));
  EXPECT_FALSE(read_events("{"));
}

TEST(EventFile, IsWrittenInEachForm) {
  const auto read = read_events("[" + one + "," + two + "]");
  ASSERT_TRUE(read);
  EXPECT_EQ(write_events(read->events, EventForm::json), std::nullopt) << "there are two";
  EXPECT_THAT(*write_events(read->events, EventForm::lines), AllOf(HasSubstr(R"("data":{"n": 1.50}})"
                                                                             "\n"),
                                                                   HasSubstr("café")));
  const auto http = write_events({read->events[1]}, EventForm::http);
  EXPECT_EQ(http, "ce-specversion: 1.0\nce-id: 2\nce-source: /s\nce-type: t\nce-city: caf%C3%A9\n\n");
  const auto back = read_events(*http);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->events, std::vector{read->events[1]});
}

TEST(EventFile, PutsJsonOfSeveralLinesOnOne) {
  const auto read = read_events(
      "{\n\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"t\",\"data\":{\n\"a\":\"x\\ny\"}}");
  ASSERT_TRUE(read);
  const auto lines = *write_events(read->events, EventForm::lines);
  EXPECT_EQ(lines.find('\n'), lines.size() - 1);
  EXPECT_THAT(lines, HasSubstr(R"(x\ny)"));
}

}  // namespace
}  // namespace millrace::cli
