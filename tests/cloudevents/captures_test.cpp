// What clients really put on the wire: npm's cloudevents with kafkajs, and both generations of Python's.

#include <gmock/gmock.h>

#include "events.hpp"
#include "millrace/cloudevents/http.hpp"
#include "millrace/cloudevents/json.hpp"
#include "millrace/cloudevents/kafka.hpp"
#include "millrace/cloudevents/media_type.hpp"
#include "millrace/core/base64.hpp"
#include "shared_data.hpp"

namespace millrace::cloudevents {
namespace {

using Json = nlohmann::json;

std::optional<std::string> bytes_of(const Json& one) {
  if (one.is_null()) return std::nullopt;
  return from_base64(one.get<std::string>());
}

/// As the client writes it: Python spells True, a number its digits.
std::string header_text(const Json& value) {
  if (value.is_boolean()) return value.get<bool>() ? "True" : "False";
  return value.is_string() ? value.get<std::string>() : value.dump();
}

Judged<Event> read_http(const Json& one) {
  std::vector<std::pair<std::string, std::string>> texts;
  std::optional<std::string> content_type;
  for (const auto& header : one.at("headers")) {
    const auto name = header.at(0).get<std::string>();
    if (name == "content-type") {
      content_type = header_text(header.at(1));
    } else {
      texts.emplace_back(name, header_text(header.at(1)));
    }
  }
  std::vector<HeaderField> headers;
  for (const auto& [name, text] : texts) headers.push_back({name, text});
  const std::string body = bytes_of(one.at("body")).value_or("");
  switch (mode_of(content_type.value_or(""))) {
    case Mode::structured: return parse_json(body);
    default: return from_http(content_type, headers, body);
  }
}

StoredRecord record_of(const Json& one) {
  RecordHeaders headers;
  for (const auto& header : one.at("headers")) {
    headers.emplace_back(header.at(0).get<std::string>(), bytes_of(header.at(1)));
  }
  return StoredRecord(headers, bytes_of(one.at("value")));
}

struct Expected {
  const char* id;
  std::optional<std::string> type;
  std::vector<std::string> data;  ///< one of these, white space aside
};

/// What each case was made of, whoever sent it.
Expected expected_of(const std::string& name) {
  if (name == "no-datacontenttype") return {"A3", std::nullopt, {"plain", "\"plain\""}};
  if (name == "binary-data") return {"A4", "application/octet-stream", {"\x01\x02\xFF"}};
  if (name == "no-data") return {"A5", std::nullopt, {}};
  const char* const id = name == "json-data" ? "A1" : name == "extensions-partitionkey" ? "A2" : "A6";
  return {id, "application/json", {"{\"a\":1}", "{\"a\": 1}"}};
}

void expect_event(const Json& one, const Event& event, bool unmarked) {
  const Expected expected = expected_of(one.at("case").get<std::string>());
  EXPECT_EQ(event.text("id"), expected.id) << one;
  EXPECT_EQ(event.text("source"), "/millrace/cap");
  EXPECT_EQ(event.text("type"), "com.example.t");
  EXPECT_TRUE(event.text("time").starts_with("2024-01-02T03:04:05.678"));
  if (expected.type && !unmarked) {
    EXPECT_EQ(event.content_type(), expected.type) << one;
  }
  if (expected.data.empty()) {
    EXPECT_TRUE(!event.data || *event.data == "null") << one;
  } else {
    EXPECT_THAT(expected.data, testing::Contains(event.data.value_or("(none)"))) << one;
  }
  if (one.at("case") == "extensions-partitionkey") {
    EXPECT_EQ(event.text("subject"), "caf\xC3\xA9 \"q\" 100% \xE2\x82\xAC") << one;
  }
  for (const Attribute& attribute : event.attributes) EXPECT_TRUE(is_attribute_name(attribute.name));
}

bool is_marked(const Json& one) {
  for (const auto& header : one.at("headers")) {
    const std::string name = header.at(0);
    if (name.starts_with("ce_")) return true;
    if (name == "content-type" && mode_of(bytes_of(header.at(1)).value_or("")) == Mode::structured) return true;
  }
  return false;
}

void read_captures(const std::string& file) {
  const auto captures = shared_json("captures/" + file);
  if (!captures) return;
  ASSERT_GE(captures->at("cases").size(), 20U);
  for (const auto& one : captures->at("cases")) {
    if (one.contains("error")) continue;  // The client itself could not send it.
    if (one.at("binding") == "http") {
      const auto event = read_http(one);
      ASSERT_TRUE(event) << one << event.error().front().detail;
      expect_event(one, *event, false);
      continue;
    }
    const StoredRecord record = record_of(one);
    const auto event = from_record(record.cursor(), record.view().value);
    const auto& view = record.view();
    const auto fault = check_record(view.headers, view.header_count, view.value, Validation::binary_or_structured);
    if (is_marked(one)) {
      ASSERT_TRUE(event) << one << event.error().front().detail;
      expect_event(one, *event, false);
      EXPECT_FALSE(fault) << one;
    } else {
      // Python v1 does not mark structured records; that one with a JSON type or none can be told by its look (D4).
      EXPECT_EQ(problem_of(event.error()), Problem::not_a_cloudevent) << one;
      EXPECT_TRUE(fault) << one;
      const auto told = from_record(record.cursor(), record.view().value, Unmarked::recognised);
      EXPECT_EQ(told.has_value(), one.at("case") != "binary-data") << one;
      if (told) expect_event(one, *told, true);
    }
  }
}

TEST(CloudEventsCaptures, NpmWithKafkajs) { read_captures("npm-cloudevents-10.0.0_kafkajs-2.2.4.json"); }
TEST(CloudEventsCaptures, Python2) { read_captures("python-cloudevents-2.0.0.json"); }
TEST(CloudEventsCaptures, Python1) { read_captures("python-cloudevents-v1-compat-layer-of-2.0.0.json"); }

}  // namespace
}  // namespace millrace::cloudevents
