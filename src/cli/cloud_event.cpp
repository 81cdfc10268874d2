#include "cloud_event.hpp"

#include "base64.hpp"
#include "json_text.hpp"

namespace millrace::cli {

namespace {

constexpr std::string_view version = "1.0", header_prefix = "ce_", content_type = "content-type";

/// "application/json; charset=utf-8" is "application/json".
std::string media_type(std::string_view text) {
  std::string type(text.substr(0, text.find(';')));
  type.erase(type.find_last_not_of(" \t") + 1);
  for (char& c : type) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return type;
}

bool is_json(std::string_view type) {
  const auto name = media_type(type);
  return name == "application/json" || name == "text/json" || name.ends_with("+json");
}

std::optional<CloudEvent> binary_event(const Record& record) {
  CloudEvent event;
  for (const auto& [name, value] : record.headers) {
    if (!value) continue;
    if (name == content_type) {
      event.attributes.emplace_back("datacontenttype", *value);
      event.data_is_json = is_json(*value);
    } else if (name.starts_with(header_prefix) && name != "ce_specversion") {
      event.attributes.emplace_back(name.substr(header_prefix.size()), *value);
    }
  }
  event.data = record.value;
  return event;
}

std::optional<CloudEvent> structured_event(const Record& record) {
  if (!record.value) return std::nullopt;
  const auto object = parse_json(*record.value);
  if (!object || fault_of_event(*object)) return std::nullopt;
  CloudEvent event;
  event.data_is_json = true;
  for (const auto& [name, value] : object->items()) {
    if (name == "specversion" || name == "data" || name == "data_base64" || value.is_null()) continue;
    event.attributes.emplace_back(name, value.is_string() ? value.get<std::string>() : value.dump());
    if (name == "datacontenttype" && value.is_string()) event.data_is_json = is_json(value.get<std::string>());
  }
  if (const auto data = object->find("data"); data != object->end()) {
    event.data =
        data->is_string() && !event.data_is_json ? data->get<std::string>() : written_member(*record.value, "data");
  } else if (const auto coded = object->find("data_base64"); coded != object->end() && coded->is_string()) {
    event.data = from_base64(coded->get<std::string>());
  }
  return event;
}

}  // namespace

std::string CloudEvent::attribute(std::string_view name) const {
  for (const auto& [each, value] : attributes) {
    if (each == name) return value;
  }
  return "";
}

std::optional<CloudEvent> cloud_event_of(const Record& record) {
  const auto* type = header_of(record, content_type);
  if (type != nullptr && media_type(*type) == structured_type) return structured_event(record);
  const auto* told = header_of(record, "ce_specversion");
  if (told == nullptr || *told != version) return std::nullopt;
  return binary_event(record);
}

std::optional<std::string> fault_of_event(const Json& event) {
  if (!event.is_object()) return "is no JSON object";
  for (const auto* name : {"specversion", "id", "source", "type"}) {
    const auto found = event.find(name);
    if (found == event.end()) return std::string("has no ") + name;
    if (!found->is_string()) return std::string(name) + " " + found->dump() + " is no text";
    if (found->get_ref<const std::string&>().empty()) return std::string(name) + " is empty";
  }
  const auto& told = event.at("specversion").get_ref<const std::string&>();
  if (told != version) return "specversion \"" + told + "\" is not \"1.0\"";
  return std::nullopt;
}

}  // namespace millrace::cli
