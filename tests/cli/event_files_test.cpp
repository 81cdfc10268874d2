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

// CloudEvent and CloudEventBatch as protoc --encode prints them, with the id A1, the source /shop and the type t.
const std::string message(
    "\x0a\x02"
    "A1"
    "\x12\x05"
    "/shop"
    "\x1a\x03"
    "1.0"
    "\x22\x01"
    "t"
    "\x3a\x04"
    "sold");
const std::string batch_of_two = "\x0a\x19" + message + "\x0a\x19" + message;

TEST(EventFile, TellsProtobufByItself) {
  EXPECT_EQ(form_of(message), EventForm::protobuf);
  EXPECT_EQ(form_of(batch_of_two), EventForm::protobuf_batch);
  EXPECT_EQ(form_of("\x0a\x19" + message), EventForm::protobuf_batch);
  EXPECT_EQ(form_of("ce-specversion: 1.0\nce-id: 1\nce-source: /s\nce-type: t\n\n" + message), EventForm::http);
  const auto wrong = read_events(message + "\x22\x01\x01");
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error(), ElementsAre(AllOf(HasSubstr("/type"), HasSubstr("CORE-12"))));
  const auto in_batch = read_events(batch_of_two +
                                    "\x0a\x06\x12\x01/\x1a\x01"
                                    "1");
  ASSERT_FALSE(in_batch);
  EXPECT_THAT(in_batch.error().front(), HasSubstr("/2/"));
}

TEST(EventFile, GoesToProtobufAndBack) {
  const auto read = read_events(one);
  ASSERT_TRUE(read);
  const auto written = write_events(read->events, EventForm::protobuf);
  ASSERT_TRUE(written);
  const auto back = read_events(*written);
  ASSERT_TRUE(back);
  EXPECT_THAT(*write_events(back->events, EventForm::json), HasSubstr(R"("data":{"n": 1.50}})"));
  const auto several = read_events(batch_of_two);
  EXPECT_EQ(write_events(several->events, EventForm::protobuf), std::nullopt) << "there are two";
  EXPECT_EQ(write_events(read_events(message)->events, EventForm::json),
            R"({"specversion":"1.0","id":"A1","source":"/shop","type":"t","data_base64":"c29sZA=="})"
            "\n");
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
