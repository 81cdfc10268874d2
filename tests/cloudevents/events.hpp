#pragma once
// Short ways to say events, faults and records in tests.

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "millrace/cloudevents/event.hpp"
#include "millrace/cloudevents/fault.hpp"
#include "millrace/record/builder.hpp"
#include "millrace/record/record.hpp"

namespace millrace::cloudevents {

using Texts = std::initializer_list<std::pair<std::string_view, std::string_view>>;

/// The four required attributes, then `more`.
inline Event event_of(Texts more = {}, std::optional<std::string> data = std::nullopt) {
  Event event;
  const auto add = [&event](std::string_view name, std::string_view text) {
    event.attributes.push_back({.name = std::string(name), .text = std::string(text)});
  };
  add("specversion", "1.0");
  add("id", "A1");
  add("source", "/shop");
  add("type", "com.example.sold");
  for (const auto& [name, text] : more) add(name, text);
  event.data = std::move(data);
  return event;
}

/// The same with other text for one of the four.
inline Event event_with(std::string_view name, std::string_view text) {
  Event event = event_of();
  for (Attribute& one : event.attributes) {
    if (one.name == name) one.text = text;
  }
  return event;
}

inline Event event_without(std::string_view name) {
  Event event = event_of();
  std::erase_if(event.attributes, [name](const Attribute& one) { return one.name == name; });
  return event;
}

/// A JSON object with the four required members, then `more`: `"time":"…"`.
inline std::string json_of(std::string_view more = {}) {
  std::string text = R"({"specversion":"1.0","id":"A1","source":"/shop","type":"com.example.sold")";
  if (!more.empty()) text.append(",").append(more);
  return text + '}';
}

inline std::vector<std::string> rules_of(const Faults& faults) {
  std::vector<std::string> rules;
  for (const Fault& fault : faults) rules.push_back(fault.rule);
  return rules;
}

/// "fine", or the first fault as "CORE-19 /time" (or "… ce-time").
template <class T>
std::string verdict_of(const Judged<T>& judged) {
  if (judged) return "fine";
  const Fault& first = judged.error().front();
  return first.rule + ' ' + first.pointer + first.header;
}
inline std::string verdict_of(const Faults& faults) {
  return faults.empty() ? "fine" : faults.front().rule + ' ' + faults.front().pointer;
}
inline std::string verdict_of(const std::optional<Fault>& fault) {
  return fault ? fault->rule + ' ' + fault->pointer + fault->header : "fine";
}

using RecordHeaders = std::vector<std::pair<std::string, std::optional<std::string>>>;

/// A record as it lies in a batch.
class StoredRecord {
 public:
  explicit StoredRecord(const RecordHeaders& headers, const std::optional<std::string>& value = std::nullopt) {
    std::vector<record::HeaderView> views;
    for (const auto& [key, text] : headers) {
      views.push_back({.key = key, .value = text ? std::optional(as_bytes(*text)) : std::nullopt});
    }
    record::BatchBuilder builder;
    builder.add({.timestamp = 0,
                 .key = std::nullopt,
                 .value = value ? std::optional(as_bytes(*value)) : std::nullopt,
                 .headers = views});
    batch_ = builder.finish();
    record::RecordCursor cursor(ByteView(batch_).subspan(record::header_bytes), 1);
    view_ = **cursor.next();
  }

  [[nodiscard]] record::HeaderCursor cursor() const { return {view_.headers, view_.header_count}; }
  [[nodiscard]] const record::RecordView& view() const { return view_; }

 private:
  Bytes batch_;
  record::RecordView view_;
};

inline const RecordHeaders required_headers{
    {"ce_specversion", "1.0"}, {"ce_id", "A1"}, {"ce_source", "/shop"}, {"ce_type", "com.example.sold"}};

/// The four required headers, then `more`.
inline RecordHeaders headers_with(const RecordHeaders& more) {
  RecordHeaders headers = required_headers;
  headers.insert(headers.end(), more.begin(), more.end());
  return headers;
}

}  // namespace millrace::cloudevents
