// In which form events are told, and that nothing of them changes on the way.

#include "routes/event_views.hpp"

#include <gtest/gtest.h>

namespace millrace::http::routes {
namespace {

ReadEvent make(std::string data, std::string type) {
  ReadEvent read{.partition = 1, .offset = Offset(7), .timestamp = 0, .key = "k"};
  read.event.attributes = {{.name = "specversion", .text = "1.0"},
                           {.name = "id", .text = "1"},
                           {.name = "source", .text = "/s"},
                           {.name = "type", .text = "t"},
                           {.name = "datacontenttype", .text = std::move(type)}};
  read.event.data = std::move(data);
  return read;
}

TEST(EventForm, IsTheFirstThatIsKnown) {
  EXPECT_EQ(form_of(""), EventForm::binary);
  EXPECT_EQ(form_of("*/*"), EventForm::binary);
  EXPECT_EQ(form_of("text/html, APPLICATION/CloudEvents+json; q=0.5, */*"), EventForm::structured);
  EXPECT_EQ(form_of("application/cloudevents-batch+json"), EventForm::batch);
  EXPECT_EQ(form_of("application/vnd.millrace.events+json"), EventForm::wrapped);
  EXPECT_EQ(form_of("text/html"), std::nullopt);
}

TEST(EventView, KeepsDataAsItIs) {
  const std::string json = R"({"b": 1.50, "b":2e3 })";
  const std::vector events{make(json, "application/json")};
  EXPECT_EQ(view_of(EventForm::binary, "t", events, 8).body, json);
  const std::string head =
      R"({"specversion":"1.0","id":"1","source":"/s","type":"t","datacontenttype":"application/json")";
  EXPECT_EQ(view_of(EventForm::structured, "t", events, 8).body, head + ",\"data\":" + json + "}");
  EXPECT_EQ(view_of(EventForm::batch, "t", events, 8).body, "[" + head + ",\"data\":" + json + "}]");
  EXPECT_EQ(
      view_of(EventForm::wrapped, "t", events, 8).body,
      R"({"events":[{"record":{"topic":"t","partition":1,"offset":7,"timestamp":"1970-01-01T00:00:00.000Z","key":"k"},"event":)" +
          head + ",\"data\":" + json + "}}],\"next\":8}\n");
}

TEST(EventView, TellsStructuredEventsAsTheyAreStored) {
  auto read = make("x", "text/plain");
  read.json = R"({ "specversion":"1.0", "n": 5 })";
  EXPECT_EQ(view_of(EventForm::structured, "t", {read}, 8).body, read.json);
  EXPECT_EQ(view_of(EventForm::batch, "t", {read, read}, 8).body, "[" + read.json + "," + read.json + "]");
}

TEST(EventView, HasNoMoreHeaderFieldsThanClientsTake) {
  auto read = make("x", "text/plain");
  read.event.attributes.push_back({.name = "long", .text = std::string(9'000, 'y')});
  EXPECT_EQ(view_of(EventForm::binary, "t", {read}, 8).content_type, "application/cloudevents+json; charset=utf-8");
}

}  // namespace
}  // namespace millrace::http::routes
