// Events out of protobuf. Bytes in hexadecimal digits were printed by protoc --encode of cloudevents.proto.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "events.hpp"
#include "millrace/cloudevents/protobuf.hpp"
#include "wire.hpp"

namespace millrace::cloudevents {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using wire::block;
using wire::number;

Event read(std::string_view more) {
  const auto event = parse_protobuf(wire::event_with(more));
  EXPECT_TRUE(event) << (event ? "" : event.error().front().detail);
  return event ? *event : Event{};
}

std::string verdict(std::string_view more) { return verdict_of(parse_protobuf(wire::event_with(more))); }

TEST(CloudEventsProtobufRead, Pb2EachAttributeIsWhereTheFileHasIt) {
  const auto event = parse_protobuf(
      wire::from_hex("0a02413112052f73686f701a03312e302210636f6d2e6578616d706c652e736f6c642a120a077375626a65637412071a0"
                     "5636166c3a92a160a04"
                     "74696d65120e3a0c08a5facdac061080eba5c3022a2a0a0a64617461736368656d61121c2a1a68747470733a2f2f65786"
                     "16d706c652e636f6d2f"
                     "736368656d612a1f0a0f64617461636f6e74656e7474797065120c1a0a746578742f706c61696e3a04736f6c64"));
  ASSERT_TRUE(event);
  EXPECT_EQ(*event, event_of({{"subject", "caf\xC3\xA9"},
                              {"time", "2024-01-02T03:04:05.678Z"},
                              {"dataschema", "https://example.com/schema"},
                              {"datacontenttype", "text/plain"}},
                             "sold"));
}

TEST(CloudEventsProtobufRead, Pb2TheRequiredOnesAreFieldsAndNotInTheMap) {
  EXPECT_EQ(verdict_of(parse_protobuf("")), "CORE-2 /specversion");
  EXPECT_THAT(rules_of(parse_protobuf("").error()), ElementsAre("CORE-2", "CORE-2", "CORE-2", "CORE-2"));
  EXPECT_EQ(verdict(wire::attribute("id", wire::string("A2"))), "PB-2 /id");
  EXPECT_EQ(verdict(block(1, "")), "CORE-2 /id") << "an empty string is none";
}

struct Typed {
  const char* hex;
  const char* text;
  ValueType type;
};
constexpr Typed typed[] = {
    {"2a090a0365787412020801", "true", ValueType::boolean},
    {"2a090a0365787412020800", "false", ValueType::boolean},
    {"2a090a036578741202100a", "10", ValueType::integer},
    {"2a120a03657874120b1080808080f8ffffffff01", "-2147483648", ValueType::integer},
    {"2a0d0a0365787412061a0474657874", "text", ValueType::string},
    {"2a0b0a03657874120422024d61", "TWE=", ValueType::binary},
    {"2a1f0a0365787412182a1668747470733a2f2f636c6f75646576656e74732e696f", "https://cloudevents.io", ValueType::uri},
    {"2a190a03657874121232102f2f617574686f726974792f70617468", "//authority/path", ValueType::uri_reference},
    {"2a0f0a0365787412083a0608c0f09ba106", "2023-03-31T15:12:00Z", ValueType::timestamp},
    {"2a090a0365787412023a00", "1970-01-01T00:00:00Z", ValueType::timestamp},
};

TEST(CloudEventsProtobufRead, Pb3EachTypeIsItsCanonicalString) {
  for (const auto& each : typed) {
    const auto event = read(wire::from_hex(each.hex));
    ASSERT_NE(event.find("ext"), nullptr) << each.text;
    EXPECT_EQ(*event.find("ext"), (Attribute{.name = "ext", .text = each.text, .type = each.type}));
  }
}

TEST(CloudEventsProtobufRead, Pb3AValueIsOneOfTheSeven) {
  EXPECT_EQ(verdict(wire::attribute("ext", "")), "PB-3 /ext");
  EXPECT_EQ(verdict(wire::attribute("ext", block(15, "later"))), "PB-3 /ext");
  EXPECT_EQ(verdict(block(5, block(1, "ext"))), "PB-3 /ext");
  EXPECT_EQ(verdict(wire::attribute("ext", wire::timestamp(253'402'300'800))), "PB-3 /ext");
  EXPECT_EQ(verdict(wire::attribute("ext", wire::timestamp(0, -1))), "PB-3 /ext");
  EXPECT_EQ(verdict(wire::attribute("time", wire::timestamp(0, 1'000'000'000))), "PB-3 /time");
}

TEST(CloudEventsProtobufRead, Core10ATypeHoldsWhatItSays) {
  EXPECT_EQ(verdict(wire::attribute("ext", wire::uri("/relative"))), "CORE-10 /ext");
  EXPECT_EQ(verdict(wire::attribute("ext", wire::uri_reference("a b"))), "CORE-10 /ext");
  EXPECT_EQ(verdict(wire::attribute("ext", wire::string("\x01"))), "CORE-12 /ext");
  EXPECT_EQ(verdict(wire::attribute("ext", wire::string("\xff"))), "CORE-12 /ext");
  EXPECT_EQ(verdict(block(2, "a b")), "CORE-3 /source");
}

TEST(CloudEventsProtobufRead, Pb4DataIsBytesOrText) {
  EXPECT_EQ(read("").data, std::nullopt);
  EXPECT_EQ(read(wire::from_hex("320200ff")).data, std::string("\0\xff", 2));
  EXPECT_EQ(read(wire::from_hex("3200")).data, "") << "none is not empty";
  EXPECT_EQ(read(block(7, "caf\xC3\xA9")).data, "caf\xC3\xA9");
  EXPECT_EQ(verdict(block(7, "\xff")), "PB-4 /data");
  EXPECT_EQ(read(block(6, "a") + block(7, "b")).data, "b") << "the last of them counts";
}

TEST(CloudEventsProtobufRead, Pb4AMessageIsItsBytesAndItsTypeIsSaidByAttributes) {
  const auto event =
      read(wire::from_hex("42260a20747970652e676f6f676c65617069732e636f6d2f6578616d706c652e536f6c6412020805"));
  EXPECT_EQ(event,
            event_of({{"datacontenttype", "application/protobuf"}, {"dataschema", "type.googleapis.com/example.Sold"}},
                     "\x08\x05"));
}

TEST(CloudEventsProtobufRead, Pb4WhatAttributesCannotSayOfAMessageIsKeptBesideThem) {
  const std::string url = "type.googleapis.com/example.Sold";
  const auto other = read(wire::attribute("dataschema", wire::uri("urn:other")) + wire::any(url, "x"));
  EXPECT_EQ(other.text("dataschema"), "urn:other");
  EXPECT_EQ(other.message_type, url);
  const auto typed_so =
      read(wire::attribute("datacontenttype", wire::string("application/x-protobuf")) + wire::any(url, "x"));
  EXPECT_EQ(typed_so.text("datacontenttype"), "application/x-protobuf");
  EXPECT_EQ(typed_so.message_type, url);
  EXPECT_EQ(read(block(8, "")).message_type, "") << "of no type";
  EXPECT_EQ(read(wire::any("no URI", "x")).find("dataschema"), nullptr);
  EXPECT_EQ(verdict(wire::any("\xff", "x")), "PB-4 /data");
}

TEST(CloudEventsProtobufRead, Pb4PiecesOfAMessageArePutTogether) {
  const auto event = read(block(8, block(1, "t/a") + block(2, "x")) + block(8, block(2, "y")));
  EXPECT_EQ(event.text("dataschema"), "t/a");
  EXPECT_EQ(event.data, "y");
  EXPECT_EQ(read(block(8, block(1, "t/a") + block(2, "x")) + block(6, "z") + block(8, block(2, "y"))).message_type, "")
      << "another form in between begins anew";
}

TEST(CloudEventsProtobufRead, Pb5WhatCloudEventsNamesHasItsOwnType) {
  for (const auto* name : {"datacontenttype", "subject", "time", "dataschema"}) {
    const auto pointer = std::string("PB-5 /") + name;
    EXPECT_EQ(verdict(wire::attribute(name, wire::integer(5))), pointer);
    EXPECT_EQ(verdict(wire::attribute(name, wire::bytes("x"))), pointer);
  }
  EXPECT_EQ(verdict(wire::attribute("time", wire::string("2024-01-02T03:04:05Z"))), "PB-5 /time");
  EXPECT_EQ(verdict(wire::attribute("subject", wire::uri("urn:a"))), "PB-5 /subject");
  EXPECT_EQ(read(wire::attribute("time", wire::string("0000-01-01T00:00:00Z"))).text("time"), "0000-01-01T00:00:00Z")
      << "no Timestamp can hold it";
}

TEST(CloudEventsProtobufRead, Pb5ASchemaIsAUriReadLenientlyAnyText) {
  const std::string as_uri = wire::event_with(wire::attribute("dataschema", wire::uri("urn:a")));
  EXPECT_EQ(verdict_of(parse_protobuf(as_uri, Strictness::strict)), "fine");
  for (const auto& value : {wire::uri_reference("a/b"), wire::string("urn:a")}) {
    const auto bytes = wire::event_with(wire::attribute("dataschema", value));
    EXPECT_EQ(verdict_of(parse_protobuf(bytes)), "fine");
    EXPECT_EQ(verdict_of(parse_protobuf(bytes, Strictness::strict)), "PB-5 /dataschema");
  }
  const auto message = wire::event_with(wire::any("type.googleapis.com/example.Sold", ""));
  EXPECT_EQ(verdict_of(parse_protobuf(message, Strictness::strict)), "fine") << "what is implied is not the sender's";
}

TEST(CloudEventsProtobufRead, UnknownFieldsArePassedOverAndTheLastOfOneCounts) {
  const auto odd = number(9, 1) + block(100, "x") + number(1, 5) +
                   std::string(
                       "\x0d"
                       "abcd");
  EXPECT_EQ(read(odd), event_of()) << "a known number of another type on the wire is not known";
  EXPECT_EQ(read(block(1, "A2")).text("id"), "A2");
  EXPECT_EQ(read(block(5, block(1, "a") + block(1, "b") + block(2, wire::integer(1)) + block(2, wire::string("x"))))
                .text("b"),
            "x");
  EXPECT_EQ(
      read(block(5, block(1, "t") + block(2, block(7, number(1, 5))) + block(2, block(7, number(2, 1))))).text("t"),
      "1970-01-01T00:00:05.000000001Z");
}

TEST(CloudEventsProtobufRead, Core9AnAttributeIsThereOnce) {
  const auto one = wire::attribute("ext", wire::string("x"));
  EXPECT_EQ(verdict(one + one), "CORE-9 /ext");
}

TEST(CloudEventsProtobufRead, Core7NamesAreThoseOfAttributes) {
  for (const auto* name : {"", "MyExtension", "My.Extension", "data", "\xff"}) {
    EXPECT_THAT(verdict(wire::attribute(name, wire::string("bad"))), HasSubstr("CORE-7 ")) << name;
  }
}

TEST(CloudEventsProtobufRead, WhatIsNoMessageIsMalformed) {
  const auto whole = wire::event_with(wire::attribute("ext", wire::timestamp(1, 1)) + wire::any("t/a", "x"));
  EXPECT_TRUE(is_protobuf_event(whole));
  // Cut inside of a field it is no message; between two it is another one.
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const auto cut = whole.substr(0, length);
    const auto judged = parse_protobuf(cut);
    if (judged) continue;
    EXPECT_EQ(judged.error().front().problem == Problem::malformed_event, !is_protobuf_event(cut)) << length;
  }
  for (const auto& bad : {std::string("\x0a\x7f"), std::string("\x0a\xff\xff\xff\xff\x0fx"), std::string(11, '\xff'),
                          std::string("\x0b\x0c"), std::string("\x00\x00", 2), block(5, "\x0a\x05"),
                          block(8, "\x0a\x05"), wire::attribute("a", "\x3a\x05")}) {
    const auto judged = parse_protobuf(wire::event_with(bad));
    ASSERT_FALSE(judged);
    EXPECT_EQ(verdict_of(judged), "PB-2 ");
    EXPECT_EQ(problem_of(judged.error()), Problem::malformed_event);
    EXPECT_FALSE(is_protobuf_event(bad));
  }
}

TEST(CloudEventsProtobufRead, Core6VersionsAreTheSameAsInJson) {
  EXPECT_EQ(verdict(block(3, "0.9")), "CORE-6 /specversion");
  const auto old = read(block(3, "0.3") + wire::attribute("schemaurl", wire::uri_reference("a/b")));
  EXPECT_EQ(old.text("schemaurl"), "a/b");
  EXPECT_EQ(read(block(3, "0.3") + wire::any("t/a", "x")).text("schemaurl"), "t/a");
}

TEST(CloudEventsProtobufBatch, Pb1ABatchIsEventsOneAfterTheOther) {
  const auto bytes = wire::from_hex(
      "0a220a02413112052f73686f701a03312e302210636f6d2e6578616d706c652e736f6c640a250a02413112052f73686f701a03312e302210"
      "636f"
      "6d2e6578616d706c652e736f6c643a0178");
  const auto events = parse_protobuf_batch(bytes);
  ASSERT_TRUE(events);
  EXPECT_THAT(*events, ElementsAre(event_of(), event_of({}, "x")));
  EXPECT_THAT(split_protobuf_batch(bytes), ElementsAre(wire::event_with(), wire::event_with(block(7, "x"))));
  EXPECT_THAT(*parse_protobuf_batch(""), SizeIs(0));
  EXPECT_THAT(*parse_protobuf_batch(number(2, 1) + block(1, wire::event_with())), SizeIs(1));
}

TEST(CloudEventsProtobufBatch, Pb1EveryEventIsJudgedAndNamedByItsPlace) {
  const auto judged =
      parse_protobuf_batch(block(1, wire::event_with()) + block(1, wire::event_with(block(3, "0.3"))) +
                           block(1, wire::event_with(wire::attribute("time", wire::integer(5)))) + block(1, ""));
  ASSERT_FALSE(judged);
  EXPECT_EQ(problem_of(judged.error()), Problem::invalid_batch);
  std::vector<std::string> where;
  for (const auto& fault : judged.error()) where.push_back(fault.rule + ' ' + fault.pointer);
  EXPECT_THAT(where, ElementsAre("CORE-26 /1/specversion", "PB-5 /2/time", "CORE-2 /3/specversion", "CORE-2 /3/id",
                                 "CORE-2 /3/source", "CORE-2 /3/type"));
}

TEST(CloudEventsProtobufBatch, Pb1ABrokenOneIsNoBatch) {
  EXPECT_EQ(verdict_of(parse_protobuf_batch("\x0a\x05")), "PB-1 ");
  EXPECT_EQ(verdict_of(parse_protobuf_batch(block(1, wire::event_with()) + block(1, "\x0a\x05"))), "PB-1 ");
}

TEST(CloudEventsProtobufBatch, ItHasNoMoreEventsThanOneOfJsonCouldHave) {
  std::string batch;
  for (std::size_t i = 0; i < protobuf_batch_events_max; ++i) append_to_protobuf_batch(wire::event_with(), batch);
  EXPECT_THAT(*parse_protobuf_batch(batch), SizeIs(protobuf_batch_events_max));
  append_to_protobuf_batch(wire::event_with(), batch);
  EXPECT_EQ(verdict_of(parse_protobuf_batch(batch)), "PB-1 ");
}

TEST(CloudEventsProtobufBatch, FaultsAreListedUpToAHundred) {
  std::string batch;
  for (int i = 0; i < 1'000; ++i) batch += block(1, "");
  EXPECT_THAT(parse_protobuf_batch(batch).error(), SizeIs(faults_max));
}

}  // namespace
}  // namespace millrace::cloudevents
