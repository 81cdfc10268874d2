// The bytes of OTLP, put together by hand from opentelemetry-proto's numbers and protobuf's wire format: a key is
// number * 8 + wire type (0 varint, 1 eight bytes, 2 length and bytes, 5 four bytes).

#include "otlp.hpp"

#include <gmock/gmock.h>

#include "millrace/core/escaped.hpp"

namespace millrace::tracing {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::string_literals;

std::string message(char key, const std::string& content) {
  EXPECT_LT(content.size(), 128U) << "one byte of length is enough for these";
  return std::string(1, key) + static_cast<char>(content.size()) + content;
}

/// KeyValue with an AnyValue of text.
std::string pair_of(const std::string& key, const std::string& text) {
  return message('\x0a', key) + message('\x12', message('\x0a', text));
}

template <std::size_t Size>
std::array<std::byte, Size> id(std::uint8_t first) {
  std::array<std::byte, Size> bytes{};
  for (auto& byte : bytes) byte = std::byte{first++};
  return bytes;
}

const std::string trace_bytes = "\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f";
const std::string span_bytes = "\x20\x21\x22\x23\x24\x25\x26\x27";

Span small_span() {
  Span span;
  span.context = {.trace = {id<16>(0x10)}, .span = {id<8>(0x20)}, .flags = sampled_flag};
  span.name = "append orders";
  span.start = 0x0102030405060708;
  span.end = 0x0102030405060709;
  return span;
}

TEST(Otlp, ASpanHasItsIdsItsNameItsKindAndItsTimes) {
  EXPECT_EQ(encode_span(small_span()), message('\x0a', trace_bytes) + message('\x12', span_bytes) +
                                           message('\x2a', "append orders") +
                                           "\x30\x01"s                              // kind: internal
                                           "\x39\x08\x07\x06\x05\x04\x03\x02\x01"s  // start, little-endian
                                           "\x41\x09\x07\x06\x05\x04\x03\x02\x01"s  // end
                                           "\x85\x01\x01\x01\x00\x00"s);            // flags: sampled, a local parent
}

TEST(Otlp, ASpanOfACallerHasItsParentAndSaysThatItIsRemote) {
  auto span = small_span();
  span.parent = {id<8>(0x30)};
  span.has_remote_parent = true;
  span.kind = SpanKind::server;
  span.context.state = "a=1";
  span.end = span.start - 5;
  EXPECT_EQ(encode_span(span), message('\x0a', trace_bytes) + message('\x12', span_bytes) + message('\x1a', "a=1") +
                                   message('\x22', "\x30\x31\x32\x33\x34\x35\x36\x37") +
                                   message('\x2a', "append orders") +
                                   "\x30\x02"s
                                   "\x39\x08\x07\x06\x05\x04\x03\x02\x01"s
                                   "\x41\x08\x07\x06\x05\x04\x03\x02\x01"s  // never before it began
                                   "\x85\x01\x01\x03\x00\x00"s);
}

TEST(Otlp, AttributesAreTextsNumbersAndFlags) {
  auto span = small_span();
  span.text("messaging.system", "millrace");
  span.number("messaging.kafka.offset", 0);
  span.number("n", -1);
  span.flag("f", false);
  const auto bytes = encode_span(span);
  EXPECT_THAT(bytes, HasSubstr(message('\x4a', pair_of("messaging.system", "millrace"))));
  EXPECT_THAT(bytes,
              HasSubstr(message('\x4a', message('\x0a', "messaging.kafka.offset") + message('\x12', "\x18\x00"s))));
  EXPECT_THAT(bytes, HasSubstr(message('\x4a', message('\x0a', "n") +
                                                   message('\x12', "\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s))));
  EXPECT_THAT(bytes, HasSubstr(message('\x4a', message('\x0a', "f") + message('\x12', "\x10\x00"s))));
}

TEST(Otlp, ALinkLeadsToASpanOfOthers) {
  auto span = small_span();
  span.link({.trace = {id<16>(0x10)}, .span = {id<8>(0x20)}, .flags = 0, .state = "x=y"});
  EXPECT_THAT(encode_span(span), HasSubstr(message('\x6a', message('\x0a', trace_bytes) + message('\x12', span_bytes) +
                                                               message('\x1a', "x=y") + "\x35\x00\x03\x00\x00"s)));
}

TEST(Otlp, LinksBeyondTheBoundAreCounted) {
  auto span = small_span();
  for (int i = 0; i < 40; ++i) span.link({.trace = {id<16>(1)}, .span = {id<8>(static_cast<std::uint8_t>(i + 1))}});
  EXPECT_EQ(span.links.size(), 32U);
  EXPECT_THAT(encode_span(span), HasSubstr("\x70\x08"s));
}

TEST(Otlp, AFailureHasAStatusAndWords) {
  auto span = small_span();
  span.has_failed = true;
  EXPECT_THAT(encode_span(span), HasSubstr(message('\x7a', "\x18\x02")));
  span.failure = "no";
  EXPECT_THAT(encode_span(span), HasSubstr(message('\x7a', "\x12\x02no\x18\x02")));
}

std::string told(const std::string& text) {
  auto span = small_span();
  span.text("k", text);
  return encode_span(span);
}

TEST(Otlp, TextsOfStrangersAreUtf8AndBounded) {
  EXPECT_THAT(told("caf\xc3\xa9"), HasSubstr("caf\xc3\xa9"));
  EXPECT_THAT(told("caf\xe9"), HasSubstr("caf\\xe9"));
  EXPECT_THAT(told(std::string(1'024, 'a')), HasSubstr(std::string(1'024, 'a')));
  const auto cut = told(std::string(1'025, 'a'));
  EXPECT_THAT(cut, HasSubstr(std::string(1'021, 'a') + "…"));
  EXPECT_THAT(cut, Not(HasSubstr(std::string(1'022, 'a'))));
  std::string accents;
  for (int i = 0; i < 1'000; ++i) accents += "é";
  const auto shorter = told(accents);
  EXPECT_THAT(shorter, HasSubstr("é…"));
  EXPECT_TRUE(is_utf8(shorter.substr(shorter.find("é"), shorter.find("…") - shorter.find("é"))));
  EXPECT_LE(told(std::string(100'000, '\xff')).size(), told(std::string(1'024, 'a')).size());
}

TEST(Otlp, ARequestSaysWhoWeAreOnceAndThenTheSpans) {
  const auto resource = encode_resource({.service_version = "9", .instance_id = "c/1"});
  EXPECT_EQ(resource, message('\x0a', pair_of("service.name", "millrace")) +
                          message('\x0a', pair_of("service.version", "9")) +
                          message('\x0a', pair_of("service.instance.id", "c/1")));
  const std::vector<std::string> spans{"SPAN1", "SPAN2"};
  const auto scope = message('\x0a', message('\x0a', "millrace") + message('\x12', "9"));
  EXPECT_EQ(encode_request("RESOURCE", "9", spans),
            message('\x0a', message('\x0a', "RESOURCE") +
                                message('\x12', scope + message('\x12', "SPAN1") + message('\x12', "SPAN2"))));
}

TEST(Otlp, ACollectorSaysHowManySpansItHasNotTaken) {
  EXPECT_EQ(read_response("")->rejected_spans, 0);
  const auto partial = read_response(message('\x0a', "\x08\x05" + message('\x12', "too old")));
  ASSERT_TRUE(partial);
  EXPECT_EQ(partial->rejected_spans, 5);
  EXPECT_EQ(partial->message, "too old");
  EXPECT_EQ(read_response("\x12\x01x" + message('\x0a', "\x18\x01\x08\x02"))->rejected_spans, 2) << "more fields";
  EXPECT_EQ(read_response("\x08\x05")->rejected_spans, 0) << "another type than it should be";
  for (const auto& bytes : {"\x0a"s, "\x0a\x05x"s, "\x0a\x02\x08\x80"s, "<html>nothing here</html>"s, "\x07"s}) {
    EXPECT_FALSE(read_response(bytes)) << escaped(bytes);
  }
}

}  // namespace
}  // namespace millrace::tracing
