#include "event_files.hpp"

#include <algorithm>

#include "json_text.hpp"
#include "millrace/cloudevents/http.hpp"
#include "millrace/cloudevents/json.hpp"
#include "millrace/cloudevents/protobuf.hpp"

namespace millrace::cli {

namespace {

using cloudevents::Event;
using Faults = std::vector<std::string>;

std::string text_of(const cloudevents::Fault& fault) {
  const auto& where = fault.pointer.empty() ? fault.header : fault.pointer;
  return (where.empty() ? "" : where + ": ") + fault.detail + " (" + fault.rule + ")";
}

Faults texts_of(const cloudevents::Faults& faults, const std::string& before = {}) {
  Faults texts;
  for (const auto& fault : faults) texts.push_back(before + text_of(fault));
  return texts;
}

std::string_view take_line(std::string_view& text) {
  const auto end = std::min(text.find('\n'), text.size());
  auto line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

tl::expected<ReadEvents, Faults> read_lines(std::string_view text) {
  ReadEvents read{.form = EventForm::lines, .events = {}};
  Faults faults;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto line = take_line(text);
    if (is_blank(line)) continue;
    auto event = cloudevents::parse_json(line);
    if (event) {
      read.events.push_back(std::move(*event));
    } else {
      for (auto& each : texts_of(event.error(), "line " + std::to_string(number) + ": "))
        faults.push_back(std::move(each));
    }
  }
  if (!faults.empty()) return tl::unexpected(std::move(faults));
  return read;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return out;
}

tl::expected<ReadEvents, Faults> read_http(std::string_view text) {
  std::vector<std::pair<std::string, std::string_view>> fields;
  std::optional<std::string_view> content_type;
  while (!text.empty()) {
    const auto line = take_line(text);
    if (line.empty()) break;
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return tl::unexpected(Faults{"a header line has no colon"});
    auto value = line.substr(colon + 1);
    value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
    fields.emplace_back(lower(line.substr(0, colon)), value);
    if (fields.back().first == "content-type") content_type = value;
  }
  std::vector<cloudevents::HeaderField> views;
  for (const auto& [name, value] : fields) views.push_back({.name = name, .value = value});
  auto event = cloudevents::from_http(content_type, views, text);
  if (!event) return tl::unexpected(texts_of(event.error()));
  ReadEvents read{.form = EventForm::http, .events = {}};
  read.events.push_back(std::move(*event));
  return read;
}

/// Every event of protobuf has the bytes that stand before its source and its specversion. Neither JSON nor header
/// lines have them, and what has them in its data does not fall apart into fields to its last byte.
bool is_protobuf(std::string_view bytes) {
  const auto has = [bytes](char tag) { return bytes.find(tag) != std::string_view::npos; };
  return has('\x12') && has('\x1a') && cloudevents::is_protobuf_event(bytes);
}

/// A batch can be taken apart as an event, too: as one that lacks all but its id.
bool lacks_all_but_its_id(const cloudevents::Faults& faults) {
  return std::ranges::count(faults, "CORE-2", &cloudevents::Fault::rule) >= 3;
}

tl::expected<ReadEvents, Faults> read_protobuf(std::string_view bytes) {
  auto event = cloudevents::parse_protobuf(bytes);
  if (!event && lacks_all_but_its_id(event.error())) {
    auto events = cloudevents::parse_protobuf_batch(bytes);
    if (!events) return tl::unexpected(texts_of(events.error()));
    return ReadEvents{.form = EventForm::protobuf_batch, .events = std::move(*events)};
  }
  if (!event) return tl::unexpected(texts_of(event.error()));
  ReadEvents read{.form = EventForm::protobuf, .events = {}};
  read.events.push_back(std::move(*event));
  return read;
}

std::string http_text(const Event& event) {
  std::string out;
  if (const auto type = event.content_type()) out += "Content-Type: " + std::string(*type) + "\n";
  for (const auto& [name, value] : cloudevents::http_headers_of(event)) out += name + ": " + value + "\n";
  return out + "\n" + event.data.value_or("");
}

}  // namespace

tl::expected<ReadEvents, std::vector<std::string>> read_events(std::string_view text) {
  if (is_protobuf(text)) return read_protobuf(text);
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return tl::unexpected(Faults{"there is no event"});
  if (text[first] == '[') {
    auto events = cloudevents::parse_json_batch(text);
    if (!events) return tl::unexpected(texts_of(events.error()));
    return ReadEvents{.form = EventForm::batch, .events = std::move(*events)};
  }
  if (text[first] != '{') return read_http(text);
  if (auto event = cloudevents::parse_json(text)) {
    ReadEvents read{.form = EventForm::json, .events = {}};
    read.events.push_back(std::move(*event));
    return read;
  } else if (cloudevents::is_json_text(text)) {
    return tl::unexpected(texts_of(event.error()));
  }
  return read_lines(text);
}

std::optional<std::string> write_events(const std::vector<Event>& events, EventForm form) {
  const bool takes_one = form == EventForm::json || form == EventForm::http || form == EventForm::protobuf;
  if (takes_one && events.size() != 1) return std::nullopt;
  switch (form) {
    case EventForm::json: return cloudevents::to_json(events.front()) + "\n";
    case EventForm::http: return http_text(events.front());
    case EventForm::batch: return cloudevents::to_json_batch(events) + "\n";
    case EventForm::protobuf: return cloudevents::to_protobuf(events.front());
    case EventForm::protobuf_batch: return cloudevents::to_protobuf_batch(events);
    case EventForm::lines: break;
  }
  std::string out;
  for (const auto& event : events) {
    out += in_one_line(cloudevents::to_json(event)) + "\n";
  }
  return out;
}

}  // namespace millrace::cli
