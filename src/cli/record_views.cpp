#include "record_views.hpp"

#include <algorithm>
#include <limits>

#include "cloud_event.hpp"
#include "json_text.hpp"
#include "millrace/core/base64.hpp"
#include "millrace/core/escaped.hpp"

#include "times.hpp"

namespace millrace::cli {

namespace {

constexpr std::size_t label_width = 10;

std::string all_escaped(std::string_view text) { return escaped(text, std::numeric_limits<std::size_t>::max()); }

std::string text_of(const std::optional<std::string>& bytes) { return bytes ? all_escaped(*bytes) : "-"; }

std::string when(const Record& record) { return record.timestamp < 0 ? "-" : time_text(record.timestamp); }

/// JSON needs no second escape for its backslashes, but for what a terminal would obey.
std::string json_line(std::string_view line) {
  const auto shown = all_escaped(line);
  std::string out;
  for (std::size_t at = 0; at < shown.size(); ++at) {
    out += shown[at];
    if (shown.substr(at, 2) == "\\\\") ++at;
  }
  return out;
}

/// Behind its label; lines after the first as far to the right.
std::string json_block(const std::string& json) {
  std::string out;
  for (std::size_t at = 0; at <= json.size();) {
    const auto end = std::min(json.find('\n', at), json.size());
    out +=
        (at == 0 ? "" : "\n" + std::string(label_width, ' ')) + json_line(std::string_view(json).substr(at, end - at));
    at = end + 1;
  }
  return out;
}

std::string data_text(const cloudevents::Event& event) {
  if (!event.data) return "-";
  const auto pretty = has_json_data(event) ? indented(*event.data) : std::nullopt;
  return pretty ? json_block(*pretty) : all_escaped(*event.data);
}

class Block {
 public:
  explicit Block(const Paint& paint) : paint_(paint) {}
  void line(std::string label, const std::string& text) {
    label = all_escaped(label);
    const auto gap = label.size() < label_width ? label_width - label.size() : 1;
    out_ += paint_.dim(label) + std::string(gap, ' ') + text + "\n";
  }
  std::string take() { return std::move(out_) + "\n"; }

 private:
  const Paint& paint_;
  std::string out_;
};

std::string event_text(const Record& record, const cloudevents::Event& event, const Paint& paint) {
  Block block(paint);
  block.line("type", paint.bold(all_escaped(event.text("type"))));
  for (const auto* name : {"source", "subject", "id", "time"}) {
    if (const auto value = event.text(name); !value.empty()) block.line(name, all_escaped(value));
  }
  for (const auto& each : event.attributes) {
    const auto& name = each.name;
    const bool is_shown = name == "type" || name == "source" || name == "subject" || name == "id" || name == "time" ||
                          (name == "specversion" && each.text == "1.0");
    if (!is_shown) block.line(name, all_escaped(each.text));
  }
  block.line("at", paint.cyan(all_escaped(place_of(record))) + ", " + when(record));
  if (record.key) block.line("key", all_escaped(*record.key));
  block.line("data", data_text(event));
  return block.take();
}

void put_bytes(Json& into, const std::string& name, const std::optional<std::string>& bytes) {
  if (!bytes) {
    into[name] = nullptr;
  } else if (is_utf8(*bytes)) {
    into[name] = *bytes;
  } else {
    into[name + "_base64"] = to_base64(*bytes);
  }
}

}  // namespace

std::string people_text(const Record& record, const Paint& paint) {
  if (const auto event = cloud_event_of(record)) return event_text(record, *event, paint);
  return paint.dim(when(record)) + "  " +
         paint.cyan(std::to_string(record.partition) + "/" + std::to_string(record.offset)) + "  " +
         paint.bold(text_of(record.key)) + "  " + text_of(record.value) + "\n";
}

Json json_of(const Record& record) {
  Json json{{"topic", record.topic}, {"partition", record.partition}, {"offset", record.offset}};
  json["timestamp"] = record.timestamp < 0 ? Json() : Json(record.timestamp);
  put_bytes(json, "key", record.key);
  auto headers = Json::array();
  for (const auto& [name, value] : record.headers) {
    Json header{{"name", is_utf8(name) ? name : all_escaped(name)}};
    put_bytes(header, "value", value);
    headers.push_back(std::move(header));
  }
  json["headers"] = std::move(headers);
  put_bytes(json, "value", record.value);
  return json;
}

}  // namespace millrace::cli
