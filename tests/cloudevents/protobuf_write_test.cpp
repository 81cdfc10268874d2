// Events into protobuf. Bytes in hexadecimal digits were printed by protoc --encode of cloudevents.proto.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "events.hpp"
#include "millrace/cloudevents/json.hpp"
#include "millrace/cloudevents/protobuf.hpp"
#include "wire.hpp"

namespace millrace::cloudevents {
namespace {

using wire::block;

/// What is written behind the four required fields.
std::string written(const Event& event) {
  const auto bytes = to_protobuf(event);
  const auto front = wire::event_with();
  EXPECT_TRUE(bytes.starts_with(front));
  return bytes.substr(std::min(front.size(), bytes.size()));
}

std::string written_as(std::string_view text, ValueType type) {
  Event event = event_of();
  event.attributes.push_back({.name = "ext", .text = std::string(text), .type = type});
  return wire::to_hex(written(event));
}

TEST(CloudEventsProtobufWrite, Pb2AttributesAreWhereTheFileHasThem) {
  const auto event = event_of({{"subject", "caf\xC3\xA9"},
                               {"time", "2024-01-02T03:04:05.678Z"},
                               {"dataschema", "https://example.com/schema"},
                               {"datacontenttype", "text/plain"}},
                              "sold");
  EXPECT_EQ(wire::to_hex(to_protobuf(event)),
            "0a02413112052f73686f701a03312e302210636f6d2e6578616d706c652e736f6c642a120a077375626a65637412071a05636166c3"
            "a92a160a04"
            "74696d65120e3a0c08a5facdac061080eba5c3022a2a0a0a64617461736368656d61121c2a1a68747470733a2f2f6578616d706c65"
            "2e636f6d2f"
            "736368656d612a1f0a0f64617461636f6e74656e7474797065120c1a0a746578742f706c61696e3a04736f6c64");
}

TEST(CloudEventsProtobufWrite, Pb3AnExtensionHasTheTypeByWhichItCame) {
  EXPECT_EQ(written_as("true", ValueType::boolean), "2a090a0365787412020801");
  EXPECT_EQ(written_as("false", ValueType::boolean), "2a090a0365787412020800");
  EXPECT_EQ(written_as("-2147483648", ValueType::integer), "2a120a03657874120b1080808080f8ffffffff01");
  EXPECT_EQ(written_as("text", ValueType::string), "2a0d0a0365787412061a0474657874");
  EXPECT_EQ(written_as("TWE=", ValueType::binary), "2a0b0a03657874120422024d61");
  EXPECT_EQ(written_as("https://cloudevents.io", ValueType::uri),
            "2a1f0a0365787412182a1668747470733a2f2f636c6f75646576656e74732e696f");
  EXPECT_EQ(written_as("//authority/path", ValueType::uri_reference),
            "2a190a03657874121232102f2f617574686f726974792f70617468");
  EXPECT_EQ(written_as("2023-03-31T15:12:00Z", ValueType::timestamp), "2a0f0a0365787412083a0608c0f09ba106");
  EXPECT_EQ(written_as("1970-01-01T00:00:00Z", ValueType::timestamp), "2a090a0365787412023a00");
  EXPECT_EQ(written_as("0001-01-01T00:00:00Z", ValueType::timestamp), "2a140a03657874120d3a0b088092b8c398feffffff01");
  EXPECT_EQ(written_as("9999-12-31T23:59:59.999999999Z", ValueType::timestamp),
            "2a160a03657874120f3a0d08ff82d1ffaf0710ff93ebdc03");
  EXPECT_EQ(written_as("5", ValueType::string), wire::to_hex(wire::attribute("ext", wire::string("5"))))
      << "what came as text stays text";
}

TEST(CloudEventsProtobufWrite, Pb5WhatCloudEventsNamesHasItsOwnType) {
  EXPECT_EQ(written(event_of({{"time", "1970-01-01T01:00:05+01:00"}})),
            wire::attribute("time", block(7, wire::number(1, 5))));
  EXPECT_EQ(written(event_of({{"dataschema", "urn:a"}})), wire::attribute("dataschema", wire::uri("urn:a")));
  EXPECT_EQ(written(event_of({{"dataschema", "a/b"}})), wire::attribute("dataschema", wire::uri("a/b")));
  EXPECT_EQ(written(event_of({{"subject", "2024-01-02T03:04:05Z"}})),
            wire::attribute("subject", wire::string("2024-01-02T03:04:05Z")));
}

TEST(CloudEventsProtobufWrite, Pb6ATimeThatNoTimestampCanHoldStaysItsText) {
  const auto event = event_of({{"time", "0000-01-01T00:00:00Z"}});
  EXPECT_EQ(written(event), wire::attribute("time", wire::string("0000-01-01T00:00:00Z")));
  EXPECT_EQ(*parse_protobuf(to_protobuf(event)), event);
}

TEST(CloudEventsProtobufWrite, Pb4TextIsTextAndAllElseIsBytes) {
  const auto data = [](std::string_view type, std::string_view bytes) {
    return written(event_of({{"datacontenttype", type}}, std::string(bytes)))
        .substr(wire::attribute("datacontenttype", wire::string(type)).size());
  };
  EXPECT_EQ(data("text/plain; charset=utf-8", "caf\xC3\xA9"), block(7, "caf\xC3\xA9"));
  EXPECT_EQ(data("image/svg+xml", "<svg/>"), block(7, "<svg/>"));
  EXPECT_EQ(data("text/plain", "\xff"), block(6, "\xff"));
  EXPECT_EQ(data("application/json", "{}"), block(6, "{}"));
  EXPECT_EQ(data("application/octet-stream", "x"), block(6, "x"));
  EXPECT_EQ(data("text/plain", ""), block(7, ""));
  EXPECT_EQ(written(event_of({}, "x")), block(6, "x"));
  EXPECT_EQ(written(event_of()), "");
}

TEST(CloudEventsProtobufWrite, Core16JsonSaysThatItIsJsonWhereItLeavesJson) {
  const auto event = parse_json(json_of("\"data\":[1]"));
  EXPECT_EQ(written(*event), wire::attribute("datacontenttype", wire::string("application/json")) + block(6, "[1]"));
}

TEST(CloudEventsProtobufWrite, Pb4AMessageIsWrittenAsOneAgain) {
  const auto sent = wire::event_with(wire::any("type.googleapis.com/example.Sold", "\x08\x05"));
  const auto event = parse_protobuf(sent);
  // Through JSON, which knows nothing of messages.
  const auto seen = parse_json(to_json(*event));
  ASSERT_TRUE(seen);
  for (const auto& each : {*event, *seen}) {
    EXPECT_EQ(written(each), wire::attribute("datacontenttype", wire::string("application/protobuf")) +
                                 wire::attribute("dataschema", wire::uri("type.googleapis.com/example.Sold")) +
                                 wire::any("type.googleapis.com/example.Sold", "\x08\x05"));
  }
  const auto unnamed = event_of({{"datacontenttype", "application/protobuf"}}, "x");
  EXPECT_EQ(written(unnamed), wire::attribute("datacontenttype", wire::string("application/protobuf")) + block(6, "x"))
      << "of which type, nobody says";
}

TEST(CloudEventsProtobufWrite, Pb4NothingOfAMessageIsLost) {
  for (const auto& sent :
       {wire::attribute("datacontenttype", wire::string("application/protobuf")) +
            wire::attribute("dataschema", wire::uri("urn:other")) + wire::any("type.googleapis.com/example.Sold", "x"),
        wire::attribute("datacontenttype", wire::string("application/x-protobuf")) +
            wire::attribute("dataschema", wire::uri("a/b")) + wire::any("a/b", "x"),
        wire::attribute("datacontenttype", wire::string("application/protobuf")) + block(8, block(1, "no URI")),
        wire::attribute("datacontenttype", wire::string("application/protobuf")) + block(8, "")}) {
    const auto event = parse_protobuf(wire::event_with(sent));
    ASSERT_TRUE(event);
    EXPECT_EQ(written(*event), sent);
  }
}

TEST(CloudEventsProtobufWrite, Pb1ABatchIsItsEventsOneAfterTheOther) {
  const std::vector<Event> events{event_of(), event_of({{"datacontenttype", "text/plain"}}, "x")};
  EXPECT_EQ(to_protobuf_batch(events), block(1, to_protobuf(events[0])) + block(1, to_protobuf(events[1])));
  EXPECT_EQ(to_protobuf_batch({}), "");
}

}  // namespace
}  // namespace millrace::cloudevents
