#include "millrace/cloudevents/plain_record.hpp"

#include <algorithm>

#include "millrace/cloudevents/rules.hpp"
#include "millrace/core/rfc3339.hpp"

namespace millrace::cloudevents {

namespace {

std::string cleaned(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c >= 'A' && c <= 'Z') {
      out += static_cast<char>(c - 'A' + 'a');
    } else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
      out += c;
    }
  }
  return out;
}

void set(Event& event, std::string name, std::string text) {
  const auto is_it = [&](const Attribute& each) { return each.name == name; };
  std::erase_if(event.attributes, is_it);
  event.attributes.push_back({.name = std::move(name), .text = std::move(text)});
}

}  // namespace

Event event_of_plain(const PlainRecord& record, std::string_view topic) {
  const auto where = std::to_string(record.partition), at = std::to_string(record.offset.value());
  const auto& [key, value] = std::pair(record.view.key, record.view.value);
  Event event;
  set(event, "specversion", "1.0");
  set(event, "id", "partition:" + where + "/offset:" + at);
  set(event, "source", "/topics/" + std::string(topic));
  set(event, "type", std::string(plain_record_type));
  set(event, "subject", "partition:" + where + "#" + at);
  if (record.timestamp >= 0) set(event, "time", rfc3339(record.timestamp));
  if (key && !key->empty() && is_string(as_text(*key))) {
    set(event, "partitionkey", std::string(as_text(*key)));
  }
  record::HeaderCursor headers(record.view.headers, record.view.header_count);
  while (const auto header = headers.next()) {
    if (!header->value) continue;
    const auto text = as_text(*header->value);
    const auto clean = cleaned(header->key);
    if (clean == "contenttype" && is_media_type(text)) {
      set(event, "datacontenttype", std::string(text));
    } else if (!clean.empty() && is_string(text)) {
      set(event, "kafkaheader" + clean, std::string(text));
    }
  }
  if (value) event.data = std::string(as_text(*value));
  return event;
}

void add_place(Event& event, std::string_view topic, PartitionIndex partition, Offset offset) {
  set(event, "kafkatopic", std::string(topic));
  set(event, "kafkapartition", std::to_string(partition));
  set(event, "kafkaoffset", std::to_string(offset.value()));
}

}  // namespace millrace::cloudevents
