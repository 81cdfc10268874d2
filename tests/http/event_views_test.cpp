// In which form events are told, and that nothing of them changes on the way.

#include "routes/event_views.hpp"

#include <gtest/gtest.h>

#include "millrace/cloudevents/json.hpp"
#include "millrace/cloudevents/protobuf.hpp"

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
  EXPECT_EQ(form_of("application/cloudevents+protobuf"), EventForm::protobuf);
  EXPECT_EQ(form_of("Application/cloudevents-batch+Protobuf, */*"), EventForm::protobuf_batch);
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
  read.stored = R"({ "specversion":"1.0", "n": 5 })";
  EXPECT_EQ(view_of(EventForm::structured, "t", {read}, 8).body, read.stored);
  EXPECT_EQ(view_of(EventForm::batch, "t", {read, read}, 8).body, "[" + read.stored + "," + read.stored + "]");
}

TEST(EventView, TellsEventsInProtobuf) {
  auto read = make("x", "text/plain");
  const auto bytes = cloudevents::to_protobuf(read.event);
  const auto one = view_of(EventForm::protobuf, "t", {read}, 8);
  EXPECT_EQ(one.content_type, "application/cloudevents+protobuf");
  EXPECT_EQ(one.body, bytes);
  const auto two = view_of(EventForm::protobuf_batch, "t", {read, read}, 8);
  EXPECT_EQ(two.content_type, "application/cloudevents-batch+protobuf");
  const std::vector events{read.event, read.event};
  EXPECT_EQ(two.body, cloudevents::to_protobuf_batch(events));
}

TEST(EventView, TellsProtobufAsItIsStoredAndToOthersInTheirFormat) {
  auto read = make("x", "text/plain");
  read.stored = cloudevents::to_protobuf(read.event) + "\x50\x01";  // a field that is not known here
  read.format = cloudevents::Format::protobuf;
  EXPECT_EQ(view_of(EventForm::protobuf, "t", {read}, 8).body, read.stored);
  EXPECT_EQ(view_of(EventForm::structured, "t", {read}, 8).body, cloudevents::to_json(read.event));
  read.stored = R"({ "specversion":"1.0", "n": 5 })";
  read.format = cloudevents::Format::json;
  EXPECT_EQ(view_of(EventForm::protobuf, "t", {read}, 8).body, cloudevents::to_protobuf(read.event));
}

TEST(EventView, HasNoMoreHeaderFieldsThanClientsTake) {
  auto read = make("x", "text/plain");
  read.event.attributes.push_back({.name = "long", .text = std::string(9'000, 'y')});
  EXPECT_EQ(view_of(EventForm::binary, "t", {read}, 8).content_type, "application/cloudevents+json; charset=utf-8");
}

}  // namespace
}  // namespace millrace::http::routes
