#include "millrace/delivery/records.hpp"

#include <gtest/gtest.h>

#include "groups/record_bytes.hpp"

namespace millrace::delivery {
namespace {

using groups::hex;

// The bytes below are put together by hand, as in docs/formats/delivery.md.

Home billing() {
  Home home{.subscription = "billing", .topic = {}, .partition = 2};
  for (std::size_t i = 0; i < home.topic.bytes.size(); ++i) home.topic.bytes[i] = static_cast<std::byte>(i * 0x11);
  return home;
}

const std::string front = "0007 62696c6c696e67 00112233445566778899aabbccddeeff 00000002";

EventState failing() {
  EventState event;
  event.offset = Offset(40);
  event.at = 1'700'000'001'000;
  event.failures.count = 2;
  event.failures.hand_outs = 2;
  event.failures.first = 1'699'999'999'000;
  event.failures.code = 503;
  event.failures.message = "busy";
  event.failures.history = {{Reason::http_status, 2, 1'699'999'999'000, 1'700'000'000'000}};
  return event;
}
const std::string failing_bytes =
    "0000 00 00 02 02 0000018bcfe56be8 ffffffffffffffff ff 000001f7 05 62757379 0000018bcfe56418"
    "02 03 02 0000018bcfe56418 0000018bcfe56800 00";

SettledPage some_page() {
  SettledPage page{.page = 1, .settled = {}};
  page.settled[0] = std::byte{0x8f};
  return page;
}
std::string page_bytes() { return "0000 8f" + std::string(62, '0') + "00"; }

Result<HomedRecord> decoded(const LogRecord& record) {
  return decode(record.key, record.value ? std::optional<ByteView>(*record.value) : std::nullopt);
}

void expect_bytes(const Record& record, const std::string& key, const std::string& value) {
  const LogRecord bytes = encode(billing(), record);
  EXPECT_EQ(bytes.key, hex(key));
  EXPECT_EQ(bytes.value.value(), hex(value));
  const auto back = decoded(bytes);
  ASSERT_TRUE(back.has_value()) << back.error().message;
  EXPECT_EQ(back->home, billing());
  EXPECT_EQ(back->record, record);
}

TEST(DeliveryRecords, ProgressHasItsLayout) {
  expect_bytes(Progress{Offset(42), Offset(40)}, "0000" + front, "0000 000000000000002a 0000000000000028 00");
}

TEST(DeliveryRecords, APageHasItsLayout) {
  expect_bytes(some_page(), "0001" + front + "0000000000000001", page_bytes());
}

TEST(DeliveryRecords, AnEventHasItsLayout) {
  expect_bytes(failing(), "0002" + front + "0000000000000028", failing_bytes);
}

TEST(DeliveryRecords, ADeadEventHasItsLayout) {
  EventState event;
  event.offset = Offset(300);
  event.stage = Stage::dead;
  event.life = 300;
  event.at = 1'700'000'000'000;
  event.mark = Offset(17);
  event.reason = Reason::manual;
  expect_bytes(event, "0002" + front + "000000000000012c",
               "0000 02 ac02 00 00 0000018bcfe56800 0000000000000011 0a 00000000 01 ffffffffffffffff 01 00");
}

TEST(DeliveryRecords, ATombstoneHasNoValue) {
  for (const Record& record :
       {Record(ProgressForgotten{}), Record(PageForgotten{1}), Record(EventForgotten{Offset(40)})}) {
    const LogRecord bytes = encode(billing(), record);
    EXPECT_FALSE(bytes.value.has_value());
    EXPECT_EQ(decoded(bytes)->record, record);
  }
  EXPECT_EQ(encode(billing(), PageForgotten{1}).key, encode(billing(), some_page()).key);
  EXPECT_EQ(encode(billing(), EventForgotten{Offset(40)}).key, encode(billing(), failing()).key);
}

TEST(DeliveryRecords, TagsOfLaterVersionsAreReadOver) {
  const Bytes key = hex("0000" + front);
  const Bytes value = hex("0000 000000000000002a 0000000000000028 02 00 03 aabbcc ff01 00");
  EXPECT_EQ(decode(key, value)->record, Record(Progress{Offset(42), Offset(40)}));
}

TEST(DeliveryRecords, KindsAndVersionsOfLaterOnesAreUnsupported) {
  EXPECT_EQ(decode(hex("0003" + front), std::nullopt).error().code, Errc::unsupported);
  EXPECT_EQ(decode(hex("0000" + front), hex("0001 00")).error().code, Errc::unsupported);
}

TEST(DeliveryRecords, EveryCutIsCorrupt) {
  for (const Record& record : {Record(Progress{Offset(42), Offset(40)}), Record(some_page()), Record(failing())}) {
    const LogRecord whole = encode(billing(), record);
    groups::expect_every_cut_is_corrupt(whole.key, [&](const Bytes& key) { return decode(key, *whole.value); });
    groups::expect_every_cut_is_corrupt(*whole.value, [&](const Bytes& value) { return decode(whole.key, value); });
  }
}

TEST(DeliveryRecords, WhatCannotBeIsCorrupt) {
  const auto code_of = [](const std::string& key, const std::string& value) {
    return decode(hex(key), hex(value)).error().code;
  };
  const std::string event = "0002" + front + "0000000000000028";
  // Start beyond what is settled; a negative one.
  EXPECT_EQ(code_of("0000" + front, "0000 000000000000002a 000000000000002b 00"), Errc::corrupt);
  EXPECT_EQ(code_of("0000" + front, "0000 000000000000002a ffffffffffffffff 00"), Errc::corrupt);
  // Negative offsets, and a page beyond all offsets.
  EXPECT_EQ(code_of("0002" + front + "ffffffffffffffff", failing_bytes), Errc::corrupt);
  EXPECT_EQ(code_of("0001" + front + "0080000000000000", page_bytes()), Errc::corrupt);
  // A stage and a reason that there are not; 65,536 failures; a count that the bytes do not hold.
  EXPECT_EQ(code_of(event, "0000 03" + failing_bytes.substr(7)), Errc::corrupt);
  EXPECT_EQ(code_of(event, "0000 00 00 02 02 0000018bcfe56be8 ffffffffffffffff 0b 000001f7 01 ffffffffffffffff 01 00"),
            Errc::corrupt);
  EXPECT_EQ(
      code_of(event, "0000 00 00 808004 02 0000018bcfe56be8 ffffffffffffffff ff 000001f7 01 ffffffffffffffff 01 00"),
      Errc::corrupt);
  EXPECT_EQ(code_of(event,
                    "0000 00 00 02 02 0000018bcfe56be8 ffffffffffffffff ff 000001f7 01 ffffffffffffffff ffffffff0f 00"),
            Errc::corrupt);
}

}  // namespace
}  // namespace millrace::delivery
