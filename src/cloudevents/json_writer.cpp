#include "ascii.hpp"
#include "characters.hpp"
#include "millrace/cloudevents/json.hpp"
#include "millrace/cloudevents/media_type.hpp"
#include "millrace/cloudevents/rules.hpp"
#include "millrace/core/base64.hpp"

namespace millrace::cloudevents {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  ///< U+FFFD for what is not UTF-8

bool is_special(char c) { return c == '"' || c == '\\' || static_cast<std::uint8_t>(c) < 0x20; }

void append_escape(std::string& out, char c) {
  constexpr std::string_view hex = "0123456789abcdef";
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\b': out += "\\b"; return;
    case '\f': out += "\\f"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  out += "\\u00";
  out += hex[static_cast<std::uint8_t>(c) >> 4U];
  out += hex[static_cast<std::uint8_t>(c) & 15U];
}

std::string mended(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const Character next = first_of(text);
    const std::size_t length = next.length == 0 ? 1 : next.length;
    out += next.length == 0 ? replacement : text.substr(0, length);
    text.remove_prefix(length);
  }
  return out;
}

/// Requires: UTF-8.
void append_characters(std::string& out, std::string_view text) {
  std::size_t from = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!is_special(text[at])) continue;
    out.append(text, from, at - from);
    append_escape(out, text[at]);
    from = at + 1;
  }
  out.append(text, from);
}

void append_string(std::string& out, std::string_view text) {
  out += '"';
  if (is_valid_utf8(text)) {
    append_characters(out, text);
  } else {
    append_characters(out, mended(text));
  }
  out += '"';
}

void append_attribute(std::string& out, const Attribute& one) {
  append_string(out, one.name);
  out += ':';
  const bool is_boolean = one.type == ValueType::boolean && (one.text == "true" || one.text == "false");
  if (is_boolean || (one.type == ValueType::integer && is_integer(one.text))) {
    out += one.text;
  } else {
    append_string(out, one.text);
  }
}

enum class Form { none, json, text, base64 };

/// A 0.3 event that came in binary mode may say that its data is in Base64; then it is, in JSON.
bool says_base64(const Event& event, SpecVersion version) {
  return version == SpecVersion::v0_3 && equals_ignoring_case(event.text("datacontentencoding"), "base64");
}

Form form_of(const Event& event, SpecVersion version) {
  if (!event.data) return Form::none;
  if (says_base64(event, version)) return Form::base64;
  const auto type = event.content_type();
  if ((!type || is_json(*type)) && is_json_text(*event.data)) return Form::json;
  if (type && is_text(*type) && is_valid_utf8(*event.data)) return Form::text;
  return Form::base64;
}

void append_data(std::string& out, const std::string& data, Form form, SpecVersion version) {
  switch (form) {
    case Form::none: return;
    case Form::json: out.append("\"data\":").append(data); return;
    case Form::text:
      out += "\"data\":";
      append_string(out, data);
      return;
    case Form::base64:
      out += version == SpecVersion::v0_3 ? "\"datacontentencoding\":\"base64\",\"data\":\"" : "\"data_base64\":\"";
      append_base64(out, data);
      out += '"';
      return;
  }
}

}  // namespace

void append_json(const Event& event, std::string& out) {
  const SpecVersion version = spec_version_of(event.text("specversion"));
  const Form form = form_of(event, version);
  const bool encoding_comes_with_data = version == SpecVersion::v0_3 && form == Form::base64;
  char separator = '{';
  for (const Attribute& one : event.attributes) {
    if (encoding_comes_with_data && one.name == "datacontentencoding") continue;
    out += separator;
    separator = ',';
    append_attribute(out, one);
  }
  if (form != Form::none || separator == '{') out += separator;
  if (form != Form::none) append_data(out, *event.data, form, version);
  out += '}';
}

std::string to_json(const Event& event) {
  std::string out;
  append_json(event, out);
  return out;
}

std::string to_json_batch(std::span<const Event> events) {
  std::string out = "[";
  for (const Event& event : events) {
    if (out.size() > 1) out += ',';
    append_json(event, out);
  }
  return out + ']';
}

}  // namespace millrace::cloudevents
