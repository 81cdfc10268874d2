#include "millrace/record/record.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crafted.hpp"
#include "golden.hpp"
#include "varint.hpp"

namespace millrace::record {
namespace {

using testing::HasSubstr;

std::string message_of(std::string_view hex, std::int32_t count) {
  const auto bytes = from_hex(hex);
  RecordCursor cursor(bytes, count);
  while (true) {
    const auto record = cursor.next();
    if (!record) return record.error().message;
    if (!*record) return "fine";
  }
}

TEST(RecordCursor, ReadsARecordSpelledByHand) {
  // length 15, attributes 0, timestamp delta -3, offset delta 300, key "ab", value null, headers {"h": null, "": "x"}
  const auto bytes = from_hex("1e 00 05 d804 04 6162 01 04 02 68 01 00 02 78");
  RecordCursor cursor(bytes, 1);
  const auto record = cursor.next();
  ASSERT_TRUE(record) << record.error().message;
  ASSERT_TRUE(*record);
  EXPECT_EQ((*record)->timestamp_delta, -3);
  EXPECT_EQ((*record)->offset_delta, 300);
  EXPECT_EQ(as_text(*(*record)->key), "ab");
  EXPECT_FALSE((*record)->value);
  ASSERT_EQ((*record)->header_count, 2);
  HeaderCursor headers((*record)->headers, (*record)->header_count);
  const auto first = headers.next();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->key, "h");
  EXPECT_FALSE(first->value);
  const auto second = headers.next();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->key, "");
  EXPECT_EQ(as_text(*second->value), "x");
  EXPECT_FALSE(headers.next());
  const auto end = cursor.next();
  ASSERT_TRUE(end);
  EXPECT_FALSE(*end);
}

TEST(RecordCursor, RefusesWhatIsNotARecord) {
  EXPECT_EQ(message_of("0c 00 00 00 01 01 00", 1), "fine");
  EXPECT_THAT(message_of("", 1), HasSubstr("record length must be a varint"));
  EXPECT_THAT(message_of("80 80", 1), HasSubstr("record length must be a varint"));
  EXPECT_THAT(message_of("ff ff ff ff 10", 1), HasSubstr("record length must be a varint"));
  EXPECT_THAT(message_of("01", 1), HasSubstr("record length is -1"));
  EXPECT_THAT(message_of("00", 1), HasSubstr("record length is 0"));
  EXPECT_THAT(message_of("0e 00 00 00 01 01 00", 1), HasSubstr("record length is 7"));
  EXPECT_THAT(message_of("fe ff ff ff 0f", 1), HasSubstr("record length is 2147483647"));
  EXPECT_THAT(message_of("0c 00 00 00 03 01 00", 1), HasSubstr("key length is -2"));
  EXPECT_THAT(message_of("0c 00 00 00 06 01 00", 1), HasSubstr("key length is 3"));
  EXPECT_THAT(message_of("0c 00 00 00 01 04 00", 1), HasSubstr("value length is 2"));
  EXPECT_THAT(message_of("0c 00 00 00 01 01 01", 1), HasSubstr("header count is -1"));
  EXPECT_THAT(message_of("0c 00 00 00 01 01 02", 1), HasSubstr("header count is 1"));
  EXPECT_THAT(message_of("14 00 00 00 01 01 feffffff0f", 1), HasSubstr("header count is 2147483647"));
  EXPECT_THAT(message_of("10 00 00 00 01 01 02 01 01", 1), HasSubstr("header key length is -1"));
  EXPECT_THAT(message_of("10 00 00 00 01 01 02 00 02", 1), HasSubstr("header value length is 1"));
  EXPECT_THAT(message_of("0e 00 00 00 01 01 00 00", 1), HasSubstr("record length is 7, must end where"));
}

TEST(HeaderCursor, BothWaysOfAskingGiveTheSame) {
  const auto encoded = from_hex("02 68 01  00 02 78  04 6162 00");
  HeaderCursor cursor(encoded, 3);
  HeaderCursor again(encoded, 3);
  HeaderView header;
  for (int at = 0; at < 3; ++at) {
    const auto one = cursor.next();
    ASSERT_TRUE(one && again.next(header));
    EXPECT_EQ(header.key, one->key);
    ASSERT_EQ(header.value.has_value(), one->value.has_value());
    if (one->value) {
      EXPECT_EQ(as_text(*header.value), as_text(*one->value));
    }
  }
  EXPECT_FALSE(again.next(header));
  HeaderCursor broken(ByteView(encoded).subspan(0, 5), 3);
  EXPECT_TRUE(broken.next(header));
  EXPECT_FALSE(broken.next(header)) << "the value is cut";
  EXPECT_FALSE(broken.next(header)) << "and nothing follows";
}

TEST(RecordCursor, CountAndBytesMustEndTogether) {
  EXPECT_EQ(message_of("0c 00 00 00 01 01 00  0c 00 00 02 01 01 00", 2), "fine");
  EXPECT_THAT(message_of("0c 00 00 00 01 01 00  0c 00 00 02 01 01 00", 1), HasSubstr("7 bytes are left"));
  EXPECT_THAT(message_of("0c 00 00 00 01 01 00", 2), HasSubstr("record length"));
  EXPECT_THAT(message_of("0c 00 00 00 01 01 00", 0), HasSubstr("7 bytes are left"));
  EXPECT_THAT(message_of("", -1), HasSubstr("left behind"));
  EXPECT_EQ(message_of("", 0), "fine");
}

TEST(RecordCursor, EveryTruncationOfARecordIsRefused) {
  const auto whole = from_hex("1e 00 05 d804 04 6162 01 04 02 68 01 00 02 78");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));  // so that ASan sees its end
    EXPECT_FALSE(RecordCursor(cut, 1).next()) << size;
  }
}

TEST(Varint, EndsOfTheRangeComeBackInTheGuidesSpelling) {
  const auto spelled = [](auto value) {
    Bytes out;
    append_varint(out, value);
    EXPECT_EQ(out.size(), varint_size(value));
    const auto* at = out.data();
    decltype(value) back = 0;
    EXPECT_TRUE(read_varint(at, out.data() + out.size(), back));
    EXPECT_EQ(back, value);
    EXPECT_EQ(at, out.data() + out.size());
    return out;
  };
  EXPECT_EQ(spelled(std::int32_t{0}), from_hex("00"));
  EXPECT_EQ(spelled(std::int32_t{-1}), from_hex("01"));
  EXPECT_EQ(spelled(std::int32_t{63}), from_hex("7e"));
  EXPECT_EQ(spelled(std::int32_t{64}), from_hex("8001"));
  EXPECT_EQ(spelled(INT32_MAX), from_hex("feffffff0f"));
  EXPECT_EQ(spelled(INT32_MIN), from_hex("ffffffff0f"));
  EXPECT_EQ(spelled(std::int64_t{INT64_MAX}), from_hex("feffffffffffffffff01"));
  EXPECT_EQ(spelled(std::int64_t{INT64_MIN}), from_hex("ffffffffffffffffff01"));
}

TEST(Varint, RefusesMoreBitsThanTheTypeHas) {
  const auto fits_64 = [](std::string_view hex) {
    const auto bytes = from_hex(hex);
    const auto* at = bytes.data();
    std::int64_t value = 0;
    return read_varint(at, bytes.data() + bytes.size(), value);
  };
  EXPECT_TRUE(fits_64("ffffffffffffffffff01"));
  EXPECT_FALSE(fits_64("ffffffffffffffffff02"));
  EXPECT_FALSE(fits_64("ffffffffffffffffff8100"));
  EXPECT_TRUE(fits_64("808000"));  // padded, as Kafka accepts
}

TEST(ReadRecords, OffsetsCountFromTheBaseOffset) {
  auto batch = Crafted::of(3).bytes();
  stamp(batch, Offset(1000), 4);
  const auto records = read_records(batch);
  ASSERT_TRUE(records) << records.error().message;
  EXPECT_EQ(records->at(2).offset, Offset(1002));
  EXPECT_EQ(records->at(2).timestamp, noon + 2);
}

TEST(ReadRecords, RefusesDamageAndLies) {
  const auto code_of = [](const Bytes& batch) { return read_records(batch).error().code; };
  auto flipped = Crafted::of(1).bytes();
  flipped.back() ^= std::byte{1};
  EXPECT_EQ(code_of(flipped), Errc::corrupt);
  EXPECT_EQ(code_of(Crafted::of(2).set<std::int32_t>(at::record_count, 1).bytes()), Errc::corrupt);
  EXPECT_EQ(code_of(Crafted::of(2).set<std::int32_t>(at::record_count, 3).bytes()), Errc::corrupt);
  EXPECT_EQ(code_of(Crafted::of(2).set<std::int32_t>(at::record_count, INT32_MAX).bytes()), Errc::corrupt);
  EXPECT_EQ(code_of(Crafted::of(2).set<std::int16_t>(at::attributes, 4).bytes()), Errc::corrupt);
  EXPECT_EQ(code_of(Crafted::of(2).set<std::int16_t>(at::attributes, 5).bytes()), Errc::unsupported);
  auto two = Crafted::of(1).bytes();
  append_bytes(two, Crafted::of(1).bytes());
  EXPECT_EQ(code_of(two), Errc::corrupt);
}

}  // namespace
}  // namespace millrace::record
