#include "letter_views.hpp"

#include "millrace/cloudevents/json.hpp"
#include "millrace/cloudevents/kafka.hpp"
#include "millrace/core/base64.hpp"
#include "millrace/core/escaped.hpp"
#include "millrace/core/rfc3339.hpp"

namespace millrace::http::routes {

namespace {

Json time_or_null(Timestamp time) { return time < 0 ? Json(nullptr) : Json(rfc3339(time)); }
Json text_or_null(std::string_view text) { return text.empty() ? Json(nullptr) : Json(std::string(text)); }

std::optional<cloudevents::Event> event_in(const deadletter::Record& record) {
  const auto headers = deadletter::headers_of(record);
  auto event = cloudevents::from_record(headers, deadletter::view_of(record, headers).value);
  if (!event) return std::nullopt;
  return *std::move(event);
}

/// `name` with a text, or `name`_base64 with bytes that are none.
void put_bytes(Json& into, const std::string& name, const std::optional<Bytes>& bytes) {
  const bool is_text = !bytes || is_utf8(as_text(*bytes));
  if (is_text) into[name] = bytes ? Json(std::string(as_text(*bytes))) : Json(nullptr);
  if (!is_text) into[name + "_base64"] = to_base64(as_text(*bytes));
}

Json history_of(const deadletter::History& history) {
  auto deaths = Json::array();
  for (const auto& death : history.deaths) {
    deaths.push_back(Json{{"group", death.group},
                          {"reason", delivery::name_of(death.reason)},
                          {"count", death.count},
                          {"first", time_or_null(death.first)},
                          {"last", time_or_null(death.last)}});
  }
  return deaths;
}

Json facts_of(const redrive::Found& found) {
  const auto& letter = found.letter;
  const auto& name = letter.name;
  Json row{{"id", found.id}, {"state", redrive::name_of(found.state)}, {"family", deadletter::name_of(found.family)}};
  row["group"] = text_or_null(name.group);
  row["topic"] = text_or_null(name.topic);
  row["partition"] = name.partition < 0 ? Json(nullptr) : Json(name.partition);
  row["offset"] = name.offset < Offset(0) ? Json(nullptr) : Json(name.offset.value());
  row["life"] = name.life;
  row["edited_at"] = time_or_null(letter.edited_at);
  row["superseded_by"] = nullptr;
  if (found.state == redrive::LetterState::superseded) {
    auto newer = name;
    ++newer.life;
    row["superseded_by"] = deadletter::id_of(newer);
  }
  row["reason"] = text_or_null(delivery::name_of(letter.reason));
  row["code"] = letter.code;
  row["message"] = letter.message;
  row["exception"] = text_or_null(found.exception);
  row["attempts"] = letter.attempts;
  row["first_failure"] = time_or_null(letter.first_failure);
  row["died_at"] = time_or_null(letter.died_at);
  row["destination"] = text_or_null(letter.destination);
  row["place"] =
      Json{{"topic", found.place.topic}, {"partition", found.place.partition}, {"offset", found.place.offset.value()}};
  if (letter.is_link) row["copy"] = "link";
  if (found.is_source_gone) row["source_gone"] = true;
  return row;
}

std::string dumped(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace

Json json_of(const redrive::Summary& summary) {
  Json row{{"topic", summary.topic}};
  row["group"] = text_or_null(summary.group);
  row["source"] = text_or_null(summary.source);
  row["is_adopted"] = summary.is_adopted;
  row["open"] = summary.open;
  row["redriving"] = summary.redriving;
  row["resolved"] = summary.resolved;
  row["discarded"] = summary.discarded;
  row["superseded"] = summary.superseded;
  row["oldest"] = time_or_null(summary.oldest);
  row["newest"] = time_or_null(summary.newest);
  auto reasons = Json::object();
  for (const auto& [reason, count] : summary.reasons) reasons[reason] = count;
  row["reasons"] = std::move(reasons);
  row["looked_at"] = summary.looked_at;
  return row;
}

Json json_of(const redrive::Found& letter) {
  auto row = facts_of(letter);
  row["event"] = nullptr;
  if (const auto event = event_in(letter.original)) {
    auto& told = row["event"] = Json::object();
    for (const char* name : {"id", "source", "type", "subject"}) {
      const auto* const attribute = event->find(name);
      told[name] = attribute != nullptr ? Json(attribute->text) : Json(nullptr);
    }
  }
  return row;
}

std::string whole_text_of(const redrive::Found& letter) {
  auto row = facts_of(letter);
  row["history"] = history_of(letter.letter.history);
  row["timestamp"] = time_or_null(letter.original.timestamp);
  put_bytes(row, "key", letter.original.key);
  auto headers = Json::array();
  for (const auto& [name, value] : letter.original.headers) {
    auto& header = headers.emplace_back(Json{{"name", name}});
    put_bytes(header, "value", value);
  }
  row["headers"] = std::move(headers);
  const auto event = event_in(letter.original);
  if (!event) {
    const auto& value = letter.original.value;
    row["value"] = value ? Json(to_base64(as_text(*value))) : Json(nullptr);
    return dumped(row) + "\n";
  }
  // Spliced in, so that numbers of its data stay as they are written.
  auto text = dumped(row);
  text.back() = ',';
  return text + "\"event\":" + cloudevents::to_json(*event) + "}\n";
}

}  // namespace millrace::http::routes
