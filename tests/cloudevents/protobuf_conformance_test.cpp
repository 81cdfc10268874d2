// The cases of CloudEvents' conformance tests for protobuf (branch format-tests), written down anew: which events and
// batches are to be read, and which are to be refused.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "events.hpp"
#include "millrace/cloudevents/protobuf.hpp"
#include "wire.hpp"

namespace millrace::cloudevents {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using wire::attribute;
using wire::block;

/// The required fields of their events; one that is "-" is left out.
std::string message(std::string_view id, std::string_view more = {}, std::string_view version = "1.0",
                    std::string_view type = "io.cloudevents.test", std::string_view source = "https://cloudevents.io") {
  std::string bytes;
  const auto add = [&bytes](unsigned number, std::string_view text) {
    if (text != "-") bytes += block(number, text);
  };
  add(3, version);
  add(1, id);
  add(4, type);
  add(2, source);
  return bytes + std::string(more);
}

Event sample(std::string_view id, std::vector<Attribute> more = {}, std::optional<std::string> data = std::nullopt) {
  Event event;
  event.attributes = {{.name = "specversion", .text = "1.0"},
                      {.name = "id", .text = std::string(id)},
                      {.name = "source", .text = "https://cloudevents.io"},
                      {.name = "type", .text = "io.cloudevents.test"}};
  event.attributes.insert(event.attributes.end(), more.begin(), more.end());
  event.data = std::move(data);
  return event;
}

constexpr std::int64_t sample_time = 1'522'949'460;     ///< 2018-04-05T17:31:00Z
constexpr std::int64_t extension_time = 1'680'275'520;  ///< 2023-03-31T15:12:00Z

const std::string all_core = message(
    "allCore", attribute("datacontenttype", wire::string("text/plain")) +
                   attribute("dataschema", wire::uri("https://cloudevents.io/dataschema")) +
                   attribute("subject", wire::string("tests")) + attribute("time", wire::timestamp(sample_time)));
const Event all_core_sample = sample("allCore", {{.name = "datacontenttype", .text = "text/plain"},
                                                 {.name = "dataschema", .text = "https://cloudevents.io/dataschema"},
                                                 {.name = "subject", .text = "tests"},
                                                 {.name = "time", .text = "2018-04-05T17:31:00Z"}});

const std::string all_types = message(
    "allExtensionTypes",
    attribute("extinteger", wire::integer(10)) + attribute("extboolean", wire::boolean(true)) +
        attribute("extstring", wire::string("text")) + attribute("exturi", wire::uri("https://cloudevents.io")) +
        attribute("exturiref", wire::uri_reference("//authority/path")) +
        attribute("exttimestamp", wire::timestamp(extension_time)) + attribute("extbinary", wire::bytes("Ma")));
const Event all_types_sample =
    sample("allExtensionTypes", {{.name = "extinteger", .text = "10", .type = ValueType::integer},
                                 {.name = "extboolean", .text = "true", .type = ValueType::boolean},
                                 {.name = "extstring", .text = "text"},
                                 {.name = "exturi", .text = "https://cloudevents.io", .type = ValueType::uri},
                                 {.name = "exturiref", .text = "//authority/path", .type = ValueType::uri_reference},
                                 {.name = "exttimestamp", .text = "2023-03-31T15:12:00Z", .type = ValueType::timestamp},
                                 {.name = "extbinary", .text = "TWE=", .type = ValueType::binary}});

TEST(CloudEventsProtobufConformance, ValidEventsAreTheirSamples) {
  EXPECT_EQ(*parse_protobuf(message("minimal")), sample("minimal"));
  EXPECT_EQ(*parse_protobuf(all_core), all_core_sample);
  EXPECT_EQ(*parse_protobuf(message("minimalWithTime", attribute("time", wire::timestamp(sample_time)))),
            sample("minimalWithTime", {{.name = "time", .text = "2018-04-05T17:31:00Z"}}));
  EXPECT_EQ(parse_protobuf(message("relative", {}, "1.0", "io.cloudevents.test", "#fragment"))->text("source"),
            "#fragment");
  EXPECT_EQ(*parse_protobuf(message(
                "simpleTextData", attribute("datacontenttype", wire::string("text/plain")) + block(7, "Simple text"))),
            sample("simpleTextData", {{.name = "datacontenttype", .text = "text/plain"}}, "Simple text"));
  EXPECT_EQ(*parse_protobuf(all_types), all_types_sample);
}

struct Invalid {
  std::string bytes;
  const char* verdict;
};

TEST(CloudEventsProtobufConformance, InvalidEventsAreRefused) {
  const auto with = [](std::string_view name, std::string_view value) {
    return message("invalid", attribute(name, value));
  };
  const std::vector<Invalid> cases{
      {message("invalid", {}, "-"), "CORE-2 /specversion"},
      {message("-"), "CORE-2 /id"},
      {message("invalid", {}, "1.0", "-"), "CORE-2 /type"},
      {message("invalid", {}, "1.0", "t", "-"), "CORE-2 /source"},
      {message(""), "CORE-2 /id"},
      {message("invalid", {}, "1.0", ""), "CORE-2 /type"},
      {message("invalid", {}, "1.0", "t", ""), "CORE-2 /source"},
      {message("invalid", {}, ""), "CORE-2 /specversion"},
      {message("invalid", {}, "0.9"), "CORE-6 /specversion"},
      {with("datacontenttype", wire::string("xyz")), "CORE-14 /datacontenttype"},
      {with("datacontenttype", wire::string("")), "CORE-14 /datacontenttype"},
      {with("datacontenttype", wire::integer(5)), "PB-5 /datacontenttype"},
      {with("dataschema", wire::string("")), "CORE-17 /dataschema"},
      {with("dataschema", wire::integer(5)), "PB-5 /dataschema"},
      {with("subject", wire::string("")), "CORE-18 /subject"},
      {with("subject", wire::integer(5)), "PB-5 /subject"},
      {with("time", wire::integer(5)), "PB-5 /time"},
      {with("MyExtension", wire::string("bad")), "CORE-7 /MyExtension"},
      {with("My.Extension", wire::string("bad")), "CORE-7 /My.Extension"},
      {with("My.Extension", ""), "PB-3 /My.Extension"},
  };
  for (const auto& each : cases) EXPECT_EQ(verdict_of(parse_protobuf(each.bytes)), each.verdict);
}

TEST(CloudEventsProtobufConformance, ValidBatchesAreTheirSamples) {
  const auto minimal = block(1, message("minimal"));
  EXPECT_THAT(*parse_protobuf_batch(""), IsEmpty());
  EXPECT_THAT(*parse_protobuf_batch(minimal), ElementsAre(sample("minimal")));
  EXPECT_THAT(*parse_protobuf_batch(minimal + minimal), ElementsAre(sample("minimal"), sample("minimal")));
  EXPECT_THAT(*parse_protobuf_batch(minimal + block(1, all_core)), ElementsAre(sample("minimal"), all_core_sample));
  EXPECT_THAT(*parse_protobuf_batch(minimal + block(1, all_types)), ElementsAre(sample("minimal"), all_types_sample));
}

TEST(CloudEventsProtobufConformance, InvalidBatchesAreRefused) {
  const auto mixed = parse_protobuf_batch(block(1, message("minimal1")) + block(1, message("minimal2", {}, "0.9")));
  EXPECT_EQ(verdict_of(mixed), "CORE-6 /1/specversion");
  EXPECT_EQ(verdict_of(parse_protobuf_batch(block(1, message("-")))), "CORE-2 /0/id");
}

}  // namespace
}  // namespace millrace::cloudevents
