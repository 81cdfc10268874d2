// What the broker says of itself: configurations, levels, log directories.

#include "fields.hpp"
#include "table.hpp"
#include "views.hpp"

namespace millrace::cli::views {

namespace {

std::string ending(const Json& body) {
  return body.contains("dry_run") ? "nothing was changed: this is what it would be\n" : "";
}

std::string configs_text(const Json& body, const Paint& paint) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& each : body.at("configs")) {
    rows.push_back({text_of(each, "name"), text_of(each, "value"), text_of(each, "default"), text_of(each, "source"),
                    each.at("settable")     ? "config set"
                    : each.at("reloadable") ? "file, SIGHUP"
                                            : "file, restart"});
  }
  return ending(body) + table({{"KEY"}, {"VALUE"}, {"DEFAULT"}, {"FROM"}, {"CHANGED BY"}}, rows, paint);
}

std::string config_text(const Json& body, const Paint&) {
  return line("key      ", text_of(body, "name")) + line("Kafka    ", text_of(body, "kafka_name")) +
         line("value    ", text_of(body, "value")) + line("default  ", text_of(body, "default")) +
         line("from     ", text_of(body, "source")) + "\n" + line("", text_of(body, "about"));
}

std::string loggers_text(const Json& body, const Paint& paint) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& each : body.at("loggers")) rows.push_back({text_of(each, "name"), text_of(each, "level")});
  return table({{"FOLDER"}, {"LEVEL"}}, rows, paint);
}

std::string log_directories_text(const Json& body, const Paint& paint) {
  std::string out;
  for (const auto& directory : body.at("log_directories")) {
    std::vector<std::vector<std::string>> rows;
    for (const auto& topic : directory.at("topics")) {
      rows.push_back({text_of(topic, "name"), text_of(topic, "partitions"), bytes_text(topic.at("bytes"))});
    }
    out += line("path  ", text_of(directory, "path")) + line("logs  ", bytes_text(directory.at("log_bytes"))) +
           line("free  ", bytes_text(directory.at("free_bytes")) + " of " + bytes_text(directory.at("total_bytes"))) +
           "\n" + table({{"TOPIC"}, {"PARTITIONS", true}, {"SIZE", true}}, rows, paint);
  }
  return out;
}

std::string connections_text(const Json& body, const Paint& paint) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& each : body.at("connections")) {
    rows.push_back({text_of(each, "door"), text_of(each, "peer"), text_of(each, "client_id"), text_of(each, "software"),
                    text_of(each, "since"), text_of(each, "requests"), bytes_text(each.at("received_bytes")),
                    bytes_text(each.at("sent_bytes"))});
  }
  return table(
      {{"DOOR"}, {"PEER"}, {"CLIENT"}, {"SOFTWARE"}, {"SINCE"}, {"REQUESTS", true}, {"IN", true}, {"OUT", true}}, rows,
      paint);
}

std::string joined(const Json& list) {
  std::string out;
  for (const auto& each : list) out += (out.empty() ? "" : ", ") + each.get<std::string>();
  return out.empty() ? "-" : out;
}

std::string catalogue_text(const Json& body, const Paint& paint) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& each : body.at("events")) {
    rows.push_back({text_of(each, "topic"), text_of(each, "type"), text_of(each, "source"), text_of(each, "count"),
                    text_of(each, "per_second"), text_of(each, "last_seen"), joined(each.at("groups"))});
  }
  std::uint64_t other = 0, passed_over = 0;
  for (const auto& topic : body.at("topics")) {
    other += topic.at("other_records").get<std::uint64_t>() + topic.at("other_events").get<std::uint64_t>();
    passed_over += topic.at("passed_over").get<std::uint64_t>();
  }
  auto out = table({{"TOPIC"}, {"TYPE"}, {"SOURCE"}, {"SEEN", true}, {"A SECOND", true}, {"LAST SEEN"}, {"READ BY"}},
                   rows, paint);
  if (other > 0) out += "without a row, being no events or too many: " + std::to_string(other) + "\n";
  if (passed_over > 0) out += "passed over: " + std::to_string(passed_over) + "\n";
  return out;
}

}  // namespace

const View connections{connections_text, [](const Json& body) { return ids_of(body, "connections", "peer"); }};
const View configs{configs_text, [](const Json& body) { return ids_of(body, "configs", "name"); }};
const View config{config_text, [](const Json& body) { return id_of(body, "value"); }};
const View loggers{loggers_text, [](const Json& body) { return ids_of(body, "loggers", "name"); }};
const View catalogue{catalogue_text, [](const Json& body) { return ids_of(body, "events", "type"); }};
const View log_directories{log_directories_text,
                           [](const Json& body) { return ids_of(body, "log_directories", "path"); }};

}  // namespace millrace::cli::views
