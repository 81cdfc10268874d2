// Another event in the record of a letter, in the form in which it had one.

#include "millrace/deadletter/edited.hpp"

#include <gtest/gtest.h>

#include "millrace/cloudevents/json.hpp"
#include "millrace/cloudevents/kafka.hpp"

namespace millrace::deadletter {
namespace {

constexpr std::string_view mended = R"({"specversion":"1.0", "id":"B","source":"/shop","type":"t","data":{"n": 1.50}})";

cloudevents::Event event_of(std::string_view json) { return *cloudevents::parse_json(json); }

Record record_of(std::vector<std::pair<std::string, std::string>> headers, std::string_view value) {
  Record record;
  record.timestamp = 5;
  record.key = to_bytes("key");
  record.value = to_bytes(value);
  for (const auto& [name, text] : headers) record.headers.emplace_back(name, to_bytes(text));
  return record;
}

std::vector<std::pair<std::string, std::string>> headers_in(const Record& record) {
  std::vector<std::pair<std::string, std::string>> all;
  for (const auto& [name, value] : record.headers) all.emplace_back(name, value ? as_text(*value) : "null");
  return all;
}

using Headers = std::vector<std::pair<std::string, std::string>>;

TEST(EditedEvent, OfBinaryModeStaysInBinaryMode) {
  const auto before = record_of({{"trace", "kept"},
                                 {"Content-Type", "text/plain"},
                                 {"ce_specversion", "1.0"},
                                 {"ce_id", "A"},
                                 {"ce_source", "/shop"},
                                 {"ce_type", "t"},
                                 {"ce_gone", "1"}},
                                "data");
  const auto after = with_event(before, event_of(mended), mended);
  EXPECT_EQ(as_text(*after.value), R"({"n": 1.50})");
  EXPECT_EQ(headers_in(after), (Headers{{"content-type", "application/json"},
                                        {"ce_specversion", "1.0"},
                                        {"ce_id", "B"},
                                        {"ce_source", "/shop"},
                                        {"ce_type", "t"},
                                        {"trace", "kept"}}));
  EXPECT_EQ(after.key, before.key);
  EXPECT_EQ(after.timestamp, before.timestamp);
}

TEST(EditedEvent, OfJsonIsKeptByteForByte) {
  const auto before = record_of({{"content-type", "application/cloudevents+json"}, {"trace", "kept"}},
                                R"({"specversion":"1.0","id":"A","source":"/shop","type":"t"})");
  const auto after = with_event(before, event_of(mended), mended);
  EXPECT_EQ(as_text(*after.value), mended);
  EXPECT_EQ(headers_in(after), (Headers{{"content-type", "application/cloudevents+json"}, {"trace", "kept"}}));
}

TEST(EditedEvent, OfARecordThatWasNoneIsJson) {
  const auto after = with_event(record_of({{"content-type", "text/plain"}}, "no event"), event_of(mended), "");
  EXPECT_EQ(headers_in(after), (Headers{{"content-type", "application/cloudevents+json"}}));
  const auto headers = headers_of(after);
  const auto read = cloudevents::from_record(headers, view_of(after, headers).value);
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, event_of(mended));
}

TEST(EditedEvent, OfProtobufStaysInProtobuf) {
  const auto stored = cloudevents::to_record(event_of(mended), cloudevents::Storage::protobuf);
  const auto before = record_of({{"content-type", "application/cloudevents+protobuf"}}, *stored.value);
  const auto other = event_of(R"({"specversion":"1.0","id":"C","source":"/shop","type":"t"})");
  const auto after = with_event(before, other, "");
  EXPECT_EQ(headers_in(after), (Headers{{"content-type", "application/cloudevents+protobuf"}}));
  const auto headers = headers_of(after);
  const auto read = cloudevents::from_record(headers, view_of(after, headers).value);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->text("id"), "C");
}

TEST(EditedLetter, SaysWhenItWasEdited) {
  Letter letter;
  letter.name = {"billing", "orders", 3, Offset(1042), 1};
  letter.edited_at = 1'777'636'800'000;
  const auto record = record_of({{"content-type", "application/cloudevents+json"}}, mended);
  const auto views = headers_of(record);
  const auto written = to_record(letter, view_of(record, views));
  EXPECT_NE(as_text(*written.value).find(R"("dledited":"2026-05-01T12:00:00.000Z")"), std::string_view::npos);
  const auto headers = headers_of(written);
  const auto read = read_letter(view_of(written, headers));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->letter.edited_at, letter.edited_at);
  EXPECT_EQ(read->original, record);
}

}  // namespace
}  // namespace millrace::deadletter
