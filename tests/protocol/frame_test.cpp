// Where frames begin and end, and what their headers say.

#include "millrace/protocol/frame.hpp"

#include <gtest/gtest.h>

#include "hex.hpp"
#include "millrace/protocol/codec.hpp"
#include "millrace/protocol/messages/heartbeat.hpp"

namespace millrace::protocol {
namespace {

using testing::from_hex;

TEST(Frame, IsThereOnlyWhenItsLastByteIs) {
  auto received = from_hex("00000003 aabbcc 0000");
  for (std::size_t size = 0; size < 7; ++size) {
    const auto frame = first_frame(MutableBytes(received).first(size), 100);
    ASSERT_TRUE(frame.has_value());
    EXPECT_EQ(frame->has_value(), false) << size << " bytes";
  }
  const auto frame = first_frame(received, 100).value();
  ASSERT_TRUE(frame.has_value());
  EXPECT_EQ(frame->data(), received.data() + 4);
  EXPECT_EQ(frame->size(), 3U);
}

TEST(Frame, IsRefusedByItsPrefixAlone) {
  auto negative = from_hex("ffffffff");
  EXPECT_EQ(first_frame(negative, 100).error().message, "frame size -1: 0 to 100 bytes are accepted");
  auto at_limit = from_hex("00000064");
  EXPECT_TRUE(first_frame(at_limit, 100).has_value());
  auto beyond = from_hex("00000065");
  EXPECT_EQ(first_frame(beyond, 100).error().code, Errc::too_large);
  // The beginning of a TLS handshake, read as a size.
  auto tls = from_hex("16030100");
  EXPECT_FALSE(first_frame(tls, 100 * 1024 * 1024).has_value());
}

TEST(RequestHeader, OfAClassicVersionEndsWithTheClientId) {
  auto frame = from_hex("000c 0003 00000009 0002 6d65 ee");
  const auto request = read_request(frame);
  ASSERT_TRUE(request.has_value()) << request.error().message;
  EXPECT_EQ(request->header.api_key, 12);
  EXPECT_EQ(request->header.api_version, 3);
  EXPECT_EQ(request->header.correlation_id, 9);
  EXPECT_EQ(request->header.client_id, "me");
  EXPECT_EQ(request->body.size(), 1U);
}

TEST(RequestHeader, OfAFlexibleVersionEndsWithTags) {
  auto frame = from_hex("000c 0004 00000009 0002 6d65 01 07 02 aabb ee");
  const auto request = read_request(frame);
  ASSERT_TRUE(request.has_value()) << request.error().message;
  EXPECT_EQ(request->header.client_id, "me");
  ASSERT_EQ(request->body.size(), 1U);
  EXPECT_EQ(request->body.front(), std::byte{0xee});
}

TEST(RequestHeader, ReadsANullClientIdAsEmpty) {
  auto frame = from_hex("000c 0003 00000009 ffff");
  EXPECT_EQ(read_request(frame)->header.client_id, "");
}

TEST(RequestHeader, OfAnApiOrVersionThatIsNotServedIsStillRead) {
  auto unknown_key = from_hex("7001 0000 00000009 0002 6d65");
  EXPECT_EQ(read_request(unknown_key)->header.api_key, 0x7001);
  auto from_the_future = from_hex("0012 0063 00000009 0002 6d65 00");
  EXPECT_EQ(read_request(from_the_future)->header.api_version, 99);
}

TEST(RequestHeader, IsRefusedWhenItIsCutOff) {
  const auto whole = from_hex("000c 0004 00000009 0002 6d65 00");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(read_request(cut).has_value()) << size << " bytes";
  }
  Bytes nothing;
  EXPECT_EQ(read_request(nothing).error().message, "request header: api_key at byte 0: 2 bytes wanted, 0 are left");
}

TEST(RequestFrame, OfTheClientSideIsReadByTheServerSide) {
  for (std::int16_t version = 0; version <= HeartbeatRequest::shape.newest; ++version) {
    auto bytes = encode_request(version, 77, "client", HeartbeatRequest{.group_id = "g", .generation_id = 3});
    const auto frame = first_frame(bytes, 1000).value();
    ASSERT_TRUE(frame.has_value());
    const auto request = read_request(*frame);
    ASSERT_TRUE(request.has_value()) << request.error().message;
    EXPECT_EQ(request->header.correlation_id, 77);
    EXPECT_EQ(decode<HeartbeatRequest>(version, request->body)->generation_id, 3);
  }
}

TEST(ResponseFrame, OfTheServerSideIsReadByTheClientSide) {
  for (std::int16_t version = 0; version <= HeartbeatRequest::shape.newest; ++version) {
    auto sent = encode_response(version, 78, HeartbeatResponse{.error_code = ErrorCode::unknown_member_id}).value();
    const auto received = decode_response<HeartbeatResponse>(version, **first_frame(sent.bytes, 1000));
    ASSERT_TRUE(received.has_value()) << received.error().message;
    EXPECT_EQ(received->correlation_id, 78);
    EXPECT_EQ(received->response.error_code, ErrorCode::unknown_member_id);
  }
}

}  // namespace
}  // namespace millrace::protocol
