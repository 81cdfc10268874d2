// The words that members are told and say again: ids of acknowledgements, and cursors.

#include <gmock/gmock.h>

#include "routes/ack_id.hpp"
#include "routes/member_cursor.hpp"

namespace millrace::http::routes {
namespace {

using ::testing::ElementsAre;

TEST(AckId, ComesBackAsItWasTold) {
  const EventPlace place{.partition = 35, .stay = 2, .offset = Offset(INT64_MAX)};
  EXPECT_EQ(ack_id_of(place), "z.1y2p0ij32e8e7.2") << "partition, offset and stay, to the base of 36";
  EXPECT_EQ(parse_ack_id(ack_id_of(place)), place);
}

TEST(AckId, IsNoneWhenItIsNone) {
  for (const auto* text : {"", ".", "..", "0.0", "0.0.", ".0.0", "0.0.0.0", "0.-1.0", "0.0.!", "0.0.0 ",
                           "2147483648.0.0", "zzzzzzz.0.0", "0.1y2p0ij32e8e8.0"}) {
    EXPECT_FALSE(parse_ack_id(text)) << text;
  }
}

ReadEvent structured(std::string json) {
  ReadEvent read;
  read.event.attributes = {{.name = "id", .text = "1"}};
  read.stored = std::move(json);
  return read;
}

TEST(AckId, StandsInTheEventThatGoesOutAndChangesNothingElse) {
  EXPECT_EQ(text_with_ack_id(structured(R"( { "id":"1", "data" : {"a":1.0} } )"), cloudevents::Format::json, "0.1.2"),
            R"( {"ackid":"0.1.2", "id":"1", "data" : {"a":1.0} } )");
}

TEST(AckId, TakesThePlaceOfOneThatTheEventBrought) {
  auto read = structured(R"({"id":"1","ackid":"mine","data":5})");
  read.event.attributes = {{.name = "id", .text = "1"}, {.name = "ackid", .text = "mine"}};
  EXPECT_EQ(text_with_ack_id(read, cloudevents::Format::json, "0.1.2").find("mine"), std::string::npos);
}

TEST(MemberCursor, ComesBackAsItWasTold) {
  const MemberCursor cursor{.parts = {{.partition = 0, .from = Offset(5), .to = Offset(36)},
                                      {.partition = 11, .from = Offset(0), .to = Offset(1)}}};
  EXPECT_EQ(cursor.to_string(), "0.5.10-b.0.1");
  const auto back = MemberCursor::parse(cursor.to_string());
  ASSERT_TRUE(back);
  EXPECT_EQ(back->parts, cursor.parts);
}

TEST(MemberCursor, IsRefusedWhenItIsNone) {
  for (const auto* text : {"", "-", "0", "0.1", "0.1.", "0.2.1", "0.1.2-", "-0.1.2", "0.1.2--1.1.2", "0.1.2.3", "0.a.!",
                           "zzzzzzz.0.1", "0.0.1y2p0ij32e8e8", "2.1-5-0"}) {
    EXPECT_FALSE(MemberCursor::parse(text)) << text;
  }
}

}  // namespace
}  // namespace millrace::http::routes
