#include "letter_edit.hpp"

#include <algorithm>

#include "assignments.hpp"
#include "json_text.hpp"
#include "millrace/cloudevents/json.hpp"
#include "millrace/cloudevents/media_type.hpp"
#include "millrace/core/base64.hpp"
#include "millrace/core/escaped.hpp"

namespace millrace::cli {

namespace {

std::optional<std::string> event_in(const Answer& letter) {
  const auto event = letter.body.find("event");
  if (event == letter.body.end() || !event->is_object()) return std::nullopt;
  return written_member(letter.text, "event");
}

Question event_question(std::string text) {
  return {.method = "POST", .target = {}, .text = std::move(text), .type = std::string(cloudevents::event_type)};
}

Result<cloudevents::Event> read_event(std::string_view text) {
  auto event = cloudevents::parse_json(text);
  if (event) return *std::move(event);
  const auto& fault = event.error().front();
  return failure(Errc::invalid, (fault.pointer.empty() ? "" : fault.pointer + ": ") + fault.detail);
}

void set(cloudevents::Event& event, const std::string& name, const std::string& text) {
  for (auto& attribute : event.attributes) {
    if (attribute.name == name) {
      attribute.text = text;
      attribute.type = cloudevents::ValueType::string;
      return;
    }
  }
  event.attributes.push_back({.name = name, .text = text});
}

Result<void> set_data(cloudevents::Event& event, const std::string& data) {
  const auto type = event.content_type();
  const bool is_json = type && cloudevents::is_json(*type);
  if (is_json && !cloudevents::is_json_text(data))
    return failure(Errc::invalid, "the data is no JSON, and datacontenttype is \"" + escaped(*type) + "\"");
  event.data = data;
  return {};
}

Result<Question> of_event(const std::string& text, const LetterEdit& edit) {
  auto event = read_event(text);
  if (!event) return failure_of(event);
  for (const auto& name : edit.unset) {
    std::erase_if(event->attributes, [&name](const auto& each) { return each.name == name; });
  }
  const auto assigned = object_of(edit.assignments);
  for (const auto& [name, value] : assigned.items()) set(*event, name, value.get<std::string>());
  if (edit.data) {
    if (auto fits = set_data(*event, *edit.data); !fits) return failure_of(fits);
  }
  auto written = cloudevents::to_json(*event);
  // What was set may break a rule.
  if (auto read = read_event(written); !read) return failure_of(read);
  return event_question(std::move(written));
}

Question of_record(const LetterEdit& edit) {
  Json body = Json::object();
  if (edit.data) body["value_base64"] = to_base64(*edit.data);
  Json headers = Json::object();
  for (const auto& name : edit.unset) headers[name] = nullptr;
  const auto assigned = object_of(edit.assignments);
  for (const auto& [name, value] : assigned.items()) headers[name] = value;
  if (!headers.empty()) body["headers"] = std::move(headers);
  return {.method = "POST", .target = {}, .body = std::move(body)};
}

}  // namespace

Result<Question> edited_letter(const Answer& letter, const LetterEdit& edit) {
  if (const auto event = event_in(letter)) return of_event(*event, edit);
  return of_record(edit);
}

std::optional<std::string> editable_event(const Answer& letter) {
  const auto event = event_in(letter);
  return event ? indented(*event) : std::nullopt;
}

Result<Question> edited_event(std::string text) {
  if (auto read = read_event(text); !read) return failure_of(read);
  return event_question(std::move(text));
}

}  // namespace millrace::cli
