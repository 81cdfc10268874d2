#include "record_lines.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "json_text.hpp"
#include "millrace/cloudevents/json.hpp"
#include "millrace/cloudevents/media_type.hpp"
#include "millrace/core/base64.hpp"
#include "millrace/core/escaped.hpp"
#include "millrace/core/rfc3339.hpp"

namespace millrace::cli {

namespace {

constexpr std::array<std::string_view, 9> known_fields{
    "key", "value", "key_base64", "value_base64", "headers", "partition", "timestamp", "topic", "offset"};

Failure broken(std::string rule) { return failure(Errc::invalid, std::move(rule)); }

/// Of "value", or of "value_base64"; texts as they are, other JSON as it stands in `line`, or written out. `which` is
/// the field's name.
Result<std::optional<std::string>> bytes_of(const Json& object, const std::string& which, bool is_needed,
                                            std::string_view line = {}) {
  const auto plain = object.find(which), coded = object.find(which + "_base64");
  if (plain != object.end() && coded != object.end()) {
    return broken("has both " + which + " and " + which + "_base64");
  }
  if (coded != object.end()) {
    auto bytes = coded->is_string() ? from_base64(coded->get_ref<const std::string&>()) : std::nullopt;
    if (!bytes) return broken(which + "_base64 " + escaped(coded->dump()) + " is no base64");
    return bytes;
  }
  if (plain == object.end()) {
    if (is_needed) return broken("has neither " + which + " nor " + which + "_base64; null is a tombstone");
    return std::nullopt;
  }
  if (plain->is_null()) return std::nullopt;
  if (plain->is_string()) return plain->get<std::string>();
  const auto written = line.empty() ? std::nullopt : written_member(line, which);
  return written ? written : plain->dump();
}

Result<void> add_listed_header(const Json& header, Record& to) {
  const auto name = header.is_object() ? header.find("name") : header.end();
  if (!header.is_object() || name == header.end() || !name->is_string()) {
    return broken("headers: " + escaped(header.dump()) + R"( is not {"name", "value"})");
  }
  auto value = bytes_of(header, "value", true);
  if (!value) return broken("headers: " + value.error().message);
  to.headers.emplace_back(name->get<std::string>(), std::move(*value));
  return {};
}

/// {"name": "value", …}, or [{"name", "value"}, …] as `consume -o json` prints them.
Result<void> read_headers(const Json& headers, Record& to) {
  if (headers.is_array()) {
    for (const auto& header : headers) {
      if (auto added = add_listed_header(header, to); !added) return added;
    }
    return {};
  }
  if (!headers.is_object()) return broken("headers " + escaped(headers.dump()) + " is neither an object nor a list");
  for (const auto& [name, value] : headers.items()) {
    auto text = value.is_null()     ? std::optional<std::string>()
                : value.is_string() ? value.get<std::string>()
                                    : value.dump();
    to.headers.emplace_back(name, std::move(text));
  }
  return {};
}

Result<void> read_partition(const Json& value, Record& to) {
  const bool fits = value.is_number_integer() && value >= 0 && value <= std::numeric_limits<std::int32_t>::max();
  if (!fits) return broken("partition " + escaped(value.dump()) + " is no number from 0 on");
  to.partition = value.get<std::int32_t>();
  return {};
}

Result<void> read_timestamp(const Json& value, Record& to) {
  if (value.is_number_integer() && value >= 0) {
    to.timestamp = value.get<std::int64_t>();
    return {};
  }
  const auto ms = value.is_string() ? parse_rfc3339(value.get_ref<const std::string&>()) : std::nullopt;
  if (!ms || *ms < 0) {
    return broken("timestamp " + escaped(value.dump()) + " is neither milliseconds since 1970 nor an RFC 3339 time");
  }
  to.timestamp = *ms;
  return {};
}

Result<Record> record_of_json(std::string_view line) {
  const auto parsed = parse_json(line);
  if (!parsed) return broken(parsed.error().message);
  if (!parsed->is_object()) return broken("is no JSON object");
  for (const auto& [name, value] : parsed->items()) {
    if (std::ranges::find(known_fields, name) == known_fields.end()) {
      return broken("field \"" + escaped(name) +
                    "\" is none of key, value, key_base64, value_base64, headers, partition, timestamp");
    }
  }
  Record record;
  auto key = bytes_of(*parsed, "key", false, line);
  if (!key) return failure_of(key);
  auto value = bytes_of(*parsed, "value", true, line);
  if (!value) return failure_of(value);
  record.key = std::move(*key);
  record.value = std::move(*value);
  using Read = Result<void> (*)(const Json&, Record&);
  const std::array<std::pair<const char*, Read>, 3> others{
      {{"headers", read_headers}, {"partition", read_partition}, {"timestamp", read_timestamp}}};
  for (const auto& [name, read] : others) {
    const auto found = parsed->find(name);
    if (found == parsed->end()) continue;
    if (auto done = read(*found, record); !done) return failure_of(done);
  }
  return record;
}

/// Sent as it is; its partitionkey, if it has one, is the record's key, as the Kafka binding says.
Result<Record> record_of_event(std::string_view line) {
  const auto event = cloudevents::parse_json(line);
  if (!event) {
    const auto& fault = event.error().front();
    return broken((fault.pointer.empty() ? "" : fault.pointer + ": ") + fault.detail + " (" + fault.rule + ")");
  }
  Record record;
  record.value = std::string(line);
  record.headers.emplace_back("content-type", std::string(cloudevents::event_type));
  if (const auto* key = event->find("partitionkey")) record.key = key->text;
  return record;
}

Result<Record> record_of_plain(std::string_view line, const std::string& separator) {
  Record record;
  if (separator.empty()) {
    record.value = std::string(line);
    return record;
  }
  const auto at = line.find(separator);
  if (at == std::string_view::npos) return broken("has no \"" + escaped(separator) + "\" between key and value");
  record.key = std::string(line.substr(0, at));
  record.value = std::string(line.substr(at + separator.size()));
  return record;
}

}  // namespace

Result<std::optional<Record>> record_of(std::string_view line, const LineRules& rules) {
  if (rules.form != LineForm::plain && line.find_first_not_of(" \t\r") == std::string_view::npos) return std::nullopt;
  auto record = rules.form == LineForm::json          ? record_of_json(line)
                : rules.form == LineForm::cloudevents ? record_of_event(line)
                                                      : record_of_plain(line, rules.key_separator);
  if (!record) return failure_of(record);
  for (const auto& [name, value] : rules.headers) record->headers.emplace_back(name, value);
  if (!record->key) record->key = rules.key;
  if (record->partition < 0) record->partition = rules.partition;
  return std::move(*record);
}

Result<std::pair<std::string, std::string>> parse_header(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) return broken("\"" + escaped(text) + "\" is not name=value");
  return std::pair(std::string(text.substr(0, equals)), std::string(text.substr(equals + 1)));
}

}  // namespace millrace::cli
