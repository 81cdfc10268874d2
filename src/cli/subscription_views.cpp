// Subscriptions, what they mean and how they fare; views of topics; rules.

#include "fields.hpp"
#include "table.hpp"
#include "views.hpp"

namespace millrace::cli::views {

namespace {

/// Where its events go.
std::string target_text(const Json& subscription) {
  return subscription.contains("sink") ? text_of(subscription, "sink") : "pull";
}

std::string list_or_all(const Json& subscription, const char* field) {
  std::string out;
  const auto list = subscription.find(field);
  if (list == subscription.end()) return "all";
  for (const auto& each : *list) {
    out += (out.empty() ? "" : ", ") + (each.is_string() ? each.get<std::string>() : each.dump());
  }
  return out.empty() ? "all" : out;
}

std::string subscriptions_text(const Json& body, const Paint& paint) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& each : body) {
    const auto& status = each.at("status");
    rows.push_back({text_of(each, "id"), text_of(each.at("config"), "topic"), target_text(each),
                    text_of(status, "state"), text_of(status, "lag"), text_of(status, "unsettled"),
                    text_of(status, "dead")});
  }
  return table(
      {{"SUBSCRIPTION"}, {"TOPIC"}, {"GOES TO"}, {"STATE"}, {"LAG", true}, {"UNSETTLED", true}, {"DEAD", true}}, rows,
      paint);
}

std::string policy_text(const Json& body, const Paint& paint) {
  std::vector<std::vector<std::string>> rows;
  const auto from = body.value("/status/inherited"_json_pointer, Json::object());
  for (const auto& [key, value] : body.at("config").items()) {
    if (key == "topic" || key == "startfrom") continue;
    rows.push_back({key, value.is_string() ? value.get<std::string>() : value.dump()});
    if (!from.empty()) rows.back().push_back(from.value(key, ""));
  }
  if (from.empty()) return table({{"KEY"}, {"VALUE"}}, rows, paint);
  return table({{"KEY"}, {"VALUE"}, {"FROM"}}, rows, paint);
}

/// Those of the cluster and of each topic, or of one of them.
std::string defaults_text(const Json& body, const Paint& paint) {
  std::vector<std::vector<std::string>> rows;
  if (!body.contains("topics")) {
    for (const auto& [key, value] : body.items()) rows.push_back({key, value.get<std::string>()});
    return table({{"KEY"}, {"VALUE"}}, rows, paint);
  }
  const auto add = [&rows](const std::string& topic, const Json& defaults) {
    for (const auto& [key, value] : defaults.items()) rows.push_back({topic, key, value.get<std::string>()});
  };
  add("all", body.at("cluster"));
  for (const auto& [topic, defaults] : body.at("topics").items()) add(topic, defaults);
  return table({{"TOPIC"}, {"KEY"}, {"VALUE"}}, rows, paint);
}

std::string defaults_ids(const Json& body) {
  std::string out;
  const auto& named = body.contains("topics") ? body.at("topics") : body;
  for (const auto& [name, value] : named.items()) out += name + "\n";
  return out;
}

/// "1.5 s", "2 min 5 s"
std::string span_text(const Json& milliseconds) {
  const auto ms = milliseconds.get<std::int64_t>();
  const auto seconds = ms / 1'000;
  if (seconds < 60) {
    const auto tenths = ms % 1'000 / 100;
    return std::to_string(seconds) + (tenths == 0 ? "" : "." + std::to_string(tenths)) + " s";
  }
  const auto minutes = seconds / 60, hours = minutes / 60;
  if (hours == 0) return std::to_string(minutes) + " min " + std::to_string(seconds % 60) + " s";
  return std::to_string(hours) + " h " + std::to_string(minutes % 60) + " min " + std::to_string(seconds % 60) + " s";
}

std::string end_text(const Json& trial) {
  const auto& end = trial.at("end");
  const auto fate = text_of(end, "fate");
  const auto after = " after " + span_text(end.at("after_ms"));
  const auto reason = text_of(end, "reason");
  std::string out;
  if (fate == "delivered") out = "delivered" + after;
  if (fate == "tried-on") out = "tried again without an end";
  if (fate == "suspended") out = "the subscription is suspended" + after + ": " + reason;
  if (fate == "dead-letter") out = "a dead letter in " + text_of(end, "topic") + after + ": " + reason;
  if (fate == "discarded") out = "discarded without a letter" + after;
  if (fate == "held")
    out = "held" + after + " (" + reason + "), because no letter can be written: " + text_of(end, "why");
  if (trial.at("holds_key").get<bool>()) out += "; later events of its key wait until it is redriven or discarded";
  return out;
}

std::string policy_trial_text(const Json& body, const Paint& paint) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& each : body.at("attempts")) {
    rows.push_back({std::to_string(rows.size() + 1), span_text(each.at("after_ms"))});
  }
  auto out = line("each attempt ends with  ", text_of(body, "outcome")) + "\n" +
             table({{"ATTEMPT", true}, {"AFTER", true}}, rows, paint) + "\n" + line("then  ", end_text(body));
  const auto jitter = body.at("jitter_percent").get<std::int64_t>();
  if (jitter > 0 && rows.size() > 1) {
    out += line("", "an attempt may come earlier, by up to " + std::to_string(jitter) + " % of the wait before it");
  }
  return out;
}

std::string attempt_text(const Json& status) {
  const auto attempt = status.find("last_attempt");
  if (attempt == status.end() || attempt->is_null()) return "";
  return line("last try      ",
              text_of(*attempt, "time") + "  " + text_of(*attempt, "status") + "  " + text_of(*attempt, "message"));
}

std::string breaker_text(const Json& status) {
  const auto breaker = status.find("breaker");
  if (breaker == status.end()) return "";
  auto out = text_of(*breaker, "state");
  const auto wait = breaker->value("wait_ms", std::int64_t{0});
  if (out == "open") out += ", nothing is handed out for " + std::to_string((wait + 999) / 1'000) + " s";
  if (out == "half-open") out += ", one event at a time";
  return line("breaker       ",
              out + "  (" + text_of(*breaker, "failed") + " of " + text_of(*breaker, "settled") + " failed)");
}

std::string status_text(const Json& status, const Paint& paint) {
  auto out = line("state         ", text_of(status, "state"));
  if (!status.value("reason", "").empty()) out += line("reason        ", text_of(status, "reason"));
  out += line("lag           ", text_of(status, "lag")) + line("unsettled     ", text_of(status, "unsettled")) +
         line("acknowledged  ", text_of(status, "acknowledged")) + line("failed        ", text_of(status, "failed")) +
         line("died          ", text_of(status, "died")) + breaker_text(status) + attempt_text(status);
  return out + "\n" +
         table({{"READY", true},
                {"PARKED", true},
                {"ACQUIRED", true},
                {"WAITING", true},
                {"ARCHIVING", true},
                {"DEAD", true}},
               {{text_of(status, "ready"), text_of(status, "parked"), text_of(status, "acquired"),
                 text_of(status, "waiting"), text_of(status, "archiving"), text_of(status, "dead")}},
               paint);
}

std::string partitions_text(const Json& status, const Paint& paint) {
  const auto partitions = status.find("partitions");
  if (partitions == status.end()) return "";
  std::vector<std::vector<std::string>> rows;
  for (const auto& each : *partitions) {
    const auto stop = each.value("stop", "none");
    rows.push_back({text_of(each, "partition"), text_of(each, "start"), text_of(each, "told"),
                    text_of(each, "high_watermark"), text_of(each, "unsettled"),
                    stop == "none" ? "" : "full (" + stop + ")"});
  }
  return "\n" + table({{"PARTITION", true}, {"START", true}, {"TOLD", true}, {"END", true}, {"UNSETTLED", true}, {""}},
                      rows, paint);
}

std::string subscription_text(const Json& body, const Paint& paint) {
  const auto& config = body.at("config");
  auto out = body.contains("id") ? line("subscription  ", text_of(body, "id")) : std::string();
  out += line("topic         ", text_of(config, "topic")) + line("from          ", text_of(config, "startfrom")) +
         line("source        ", body.contains("source") ? text_of(body, "source") : "all") +
         line("types         ", list_or_all(body, "types")) + line("filters       ", list_or_all(body, "filters")) +
         line("goes to       ", target_text(body));
  const auto status = body.find("status");
  if (status != body.end()) out += status_text(*status, paint) + partitions_text(*status, paint);
  return out + "\n" + policy_text(body, paint);
}

std::string consent_text(const Json& consent) {
  auto out = text_of(consent, "word");
  if (!consent.at("status").is_null()) out += " (" + text_of(consent, "status") + ")";
  if (!consent.at("rate_per_minute").is_null()) out += ", " + text_of(consent, "rate_per_minute") + " a minute";
  if (!consent.at("why").is_null()) out += ": " + text_of(consent, "why");
  return out;
}

std::string answer_text(const Json& answer) {
  const auto after = " after " + text_of(answer, "took_ms") + " ms";
  return answer.at("status").is_null() ? "none" + after + ": " + text_of(answer, "cause")
                                       : text_of(answer, "status") + after;
}

std::string sink_test_text(const Json& body, const Paint&) {
  auto out = line("subscription  ", text_of(body, "subscription")) + line("sink          ", text_of(body, "sink")) +
             line("consent       ", consent_text(body.at("consent")));
  if (const auto& event = body.at("event"); !event.is_null())
    out += line("event         ", text_of(event, "type") + "  " + text_of(event, "id"));
  if (const auto& answer = body.at("answer"); !answer.is_null()) out += line("answer        ", answer_text(answer));
  auto fate = text_of(body, "would_be");
  if (!body.at("reason").is_null()) fate += " (" + text_of(body, "reason") + ")";
  if (body.at("pause_ms") > 0) fate += ", the sink asks for a pause of " + span_text(body.at("pause_ms"));
  return out + line("would be      ", fate);
}

std::string subscription_ids(const Json& body) {
  std::string out;
  for (const auto& each : body) out += id_of(each, "id");
  return out;
}

std::string events_text(const Json& definition) {
  if (definition.contains("filter")) return text_of(definition, "filter");
  return definition.contains("filters") ? text_of(definition, "filters") : "all";
}

std::string derived_text(const Json& body, const Paint& paint) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& each : body.at("views")) {
    rows.push_back({text_of(each, "name"), text_of(each, "topic"), events_text(each)});
  }
  return table({{"VIEW"}, {"TOPIC"}, {"EVENTS"}}, rows, paint);
}

std::string one_derived_text(const Json& body, const Paint&) {
  auto out = line("view     ", text_of(body, "name")) + line("topic    ", text_of(body, "topic"));
  if (body.contains("filter")) out += line("filter   ", text_of(body, "filter"));
  if (body.contains("filters")) out += line("filters  ", text_of(body, "filters"));
  return out;
}

std::string rules_text(const Json& body, const Paint& paint) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& each : body.at("rules")) {
    rows.push_back({each.contains("position") ? text_of(each, "position") : "0", text_of(each, "name"),
                    events_text(each), text_of(each, "topic")});
  }
  return table({{"POSITION", true}, {"RULE"}, {"EVENTS"}, {"GO TO"}}, rows, paint);
}

std::string rule_text(const Json& body, const Paint&) {
  return line("rule      ", text_of(body, "name")) + line("events    ", events_text(body)) +
         line("go to     ", text_of(body, "topic")) +
         line("position  ", body.contains("position") ? text_of(body, "position") : "0");
}

}  // namespace

const View subscriptions{subscriptions_text, subscription_ids};
const View subscription{subscription_text, [](const Json& body) { return id_of(body, "id"); }};
const View sink_test{sink_test_text, [](const Json& body) { return text_of(body, "would_be") + "\n"; }};
const View policy{policy_text, [](const Json& body) { return id_of(body, "id"); }};
const View defaults{defaults_text, defaults_ids};
const View policy_trial{policy_trial_text, [](const Json& body) { return text_of(body.at("end"), "fate") + "\n"; }};
const View settled{[](const Json&, const Paint&) { return std::string(); },
                   [](const Json& body) {
                     std::string out;
                     for (const auto& each : body.at("settled")) out += each.get<std::string>() + "\n";
                     return out;
                   }};
const View derived_views{derived_text, [](const Json& body) { return ids_of(body, "views", "name"); }};
const View rules{rules_text, [](const Json& body) { return ids_of(body, "rules", "name"); }};
const View rule{rule_text, [](const Json& body) { return id_of(body, "name"); }};
const View derived_view{one_derived_text, [](const Json& body) { return id_of(body, "name"); }};

}  // namespace millrace::cli::views
