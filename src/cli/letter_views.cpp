// Dead letters, and jobs that redrive them.

#include <algorithm>
#include <array>
#include <map>

#include "fields.hpp"
#include "table.hpp"
#include "views.hpp"

namespace millrace::cli::views {

namespace {

using Rows = std::vector<std::vector<std::string>>;

/// "max-deliveries 3, expired 1"
std::string reasons_text(const Json& topic) {
  std::string out;
  const auto reasons = topic.find("reasons");
  if (reasons == topic.end()) return "-";
  for (const auto& [reason, count] : reasons->items()) out += (out.empty() ? "" : ", ") + reason + " " + count.dump();
  return out.empty() ? "-" : out;
}

std::string letter_topics_text(const Json& body, const Paint& paint) {
  Rows rows;
  for (const auto& each : body.at("topics")) {
    rows.push_back({text_of(each, "topic"), text_of(each, "group"), text_of(each, "open"), text_of(each, "redriving"),
                    text_of(each, "oldest"), text_of(each, "newest"), reasons_text(each)});
  }
  return table({{"TOPIC"}, {"GROUP"}, {"OPEN", true}, {"REDRIVING", true}, {"OLDEST"}, {"NEWEST"}, {"REASONS"}}, rows,
               paint);
}

std::string letter_counts_text(const Json& body, const Paint& paint) {
  constexpr std::array<const char*, 5> states{"open", "redriving", "resolved", "discarded", "superseded"};
  Rows rows;
  std::array<std::uint64_t, states.size()> sums{};
  std::map<std::string, std::uint64_t> by_reason;
  for (const auto& each : body.at("topics")) {
    auto& row = rows.emplace_back(std::vector{text_of(each, "topic")});
    for (std::size_t i = 0; i < states.size(); ++i) {
      row.push_back(text_of(each, states[i]));
      sums[i] += each.at(states[i]).get<std::uint64_t>();
    }
    for (const auto& [reason, count] : each.at("reasons").items()) by_reason[reason] += count.get<std::uint64_t>();
  }
  if (rows.size() > 1) {
    auto& row = rows.emplace_back(std::vector<std::string>{"all"});
    for (const auto sum : sums) row.push_back(std::to_string(sum));
  }
  Rows reasons;
  for (const auto& [reason, count] : by_reason) reasons.push_back({reason, std::to_string(count)});
  auto out = table(
      {{"TOPIC"}, {"OPEN", true}, {"REDRIVING", true}, {"RESOLVED", true}, {"DISCARDED", true}, {"SUPERSEDED", true}},
      rows, paint);
  return reasons.empty() ? out : out + "\n" + table({{"REASON"}, {"LETTERS", true}}, reasons, paint);
}

std::string event_text(const Json& letter) {
  const auto event = letter.find("event");
  return event == letter.end() || event->is_null() ? "-" : text_of(*event, "type");
}

std::string letters_text(const Json& body, const Paint& paint) {
  Rows rows;
  for (const auto& each : body.at("letters")) {
    rows.push_back({text_of(each, "id"), text_of(each, "state"), text_of(each, "reason"), text_of(each, "code"),
                    text_of(each, "attempts"), text_of(each, "died_at"), event_text(each)});
  }
  auto out =
      table({{"LETTER"}, {"STATE"}, {"REASON"}, {"CODE", true}, {"ATTEMPTS", true}, {"DIED"}, {"TYPE"}}, rows, paint);
  const auto next = body.find("next");
  if (next != body.end() && !next->is_null()) out += "and more: --limit says how many are shown\n";
  return out;
}

std::string history_text(const Json& body, const Paint& paint) {
  const auto history = body.find("history");
  if (history == body.end() || !history->is_array() || history->empty()) return "";
  Rows rows;
  for (const auto& each : *history) {
    if (each.is_string()) {
      rows.push_back({each.get<std::string>(), "", "", "", ""});
      continue;
    }
    rows.push_back({text_of(each, "group"), text_of(each, "reason"), text_of(each, "count"), text_of(each, "first"),
                    text_of(each, "last")});
  }
  return "\n" + table({{"GROUP"}, {"REASON"}, {"TIMES", true}, {"FIRST"}, {"LAST"}}, rows, paint);
}

/// "orders/3/1042"
std::string place_of_letter(const Json& place) {
  return text_of(place, "topic") + "/" + text_of(place, "partition") + "/" + text_of(place, "offset");
}

std::string letter_text(const Json& body, const Paint& paint) {
  auto out = line("letter       ", text_of(body, "id")) + line("state        ", text_of(body, "state")) +
             line("group        ", text_of(body, "group")) + line("died from    ", place_of_letter(body)) +
             line("reason       ", text_of(body, "reason")) + line("code         ", text_of(body, "code")) +
             line("message      ", text_of(body, "message")) + line("attempts     ", text_of(body, "attempts")) +
             line("first        ", text_of(body, "first_failure")) + line("died         ", text_of(body, "died_at")) +
             line("destination  ", text_of(body, "destination"));
  if (!body.value("edited_at", Json()).is_null()) out += line("edited       ", text_of(body, "edited_at"));
  if (!body.value("superseded_by", Json()).is_null()) out += line("newer        ", text_of(body, "superseded_by"));
  const auto place = body.find("place");
  if (place != body.end() && place->is_object()) out += line("lies in      ", place_of_letter(*place));
  out += line("key          ", text_of(body, "key")) + history_text(body, paint);
  const auto event = body.find("event");
  if (event == body.end() || event->is_null()) return out + "\n" + line("value, base64  ", text_of(body, "value"));
  // One line for each line of the JSON: what a stranger wrote is escaped, the line ends are ours.
  out += "\n";
  const auto text = event->dump(2);
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    out += line("", text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

std::string count_text(const Json& body, const char* field, const char* what) {
  const auto count = body.at(field).get<std::uint64_t>();
  return std::to_string(count) + (count == 1 ? " letter " : " letters ") + what + "\n";
}

std::string selected_text(const Json& body, const Paint&) {
  return count_text(body, "selected", "selected; nothing was changed");
}

std::string discarded_text(const Json& body, const Paint&) { return count_text(body, "discarded", "discarded"); }

std::string rejected_text(const Json& body, const Paint&) {
  auto out = "letter " + text_of(body, "id");
  out += body.at("was_there").get<bool>() ? " was there already\n" : " written\n";
  if (body.value("skipped", false)) out += "the group goes on behind it\n";
  return out;
}

std::string jobs_text(const Json& body, const Paint& paint) {
  Rows rows;
  for (const auto& each : body.at("redrives")) {
    rows.push_back({text_of(each, "id"), text_of(each, "topic"), text_of(each, "to"), text_of(each, "state"),
                    text_of(each, "selected"), text_of(each, "redriven"), text_of(each, "resolved"),
                    text_of(each, "failed"), text_of(each, "created_at")});
  }
  return table({{"JOB"},
                {"TOPIC"},
                {"TO"},
                {"STATE"},
                {"SELECTED", true},
                {"REDRIVEN", true},
                {"RESOLVED", true},
                {"FAILED", true},
                {"BEGUN"}},
               rows, paint);
}

std::string sink_text(const Json& job) {
  return job.value("sink", Json()).is_null() ? std::string() : line("sink       ", text_of(job, "sink"));
}

std::string job_text(const Json& body, const Paint&) {
  auto out = line("job        ", text_of(body, "id")) + line("topic      ", text_of(body, "topic")) +
             line("to         ", text_of(body, "to")) + sink_text(body) + line("state      ", text_of(body, "state"));
  if (!body.value("why", Json()).is_null() && text_of(body, "why") != "") {
    out += line("why        ", text_of(body, "why"));
  }
  out += line("selected   ", text_of(body, "selected")) + line("redriven   ", text_of(body, "redriven")) +
         line("resolved   ", text_of(body, "resolved")) + line("failed     ", text_of(body, "failed")) +
         line("begun      ", text_of(body, "created_at")) + line("ended      ", text_of(body, "finished_at"));
  if (body.contains("selection")) out += line("selection  ", text_of(body, "selection"));
  return out;
}

}  // namespace

const View letter_topics{letter_topics_text, [](const Json& body) { return ids_of(body, "topics", "topic"); }};
const View letter_counts{letter_counts_text, [](const Json& body) { return ids_of(body, "topics", "topic"); }};
const View letters{letters_text, [](const Json& body) { return ids_of(body, "letters", "id"); }};
const View letter{letter_text, [](const Json& body) { return id_of(body, "id"); }};
const View selected{selected_text, [](const Json& body) { return id_of(body, "selected"); }};
const View discarded{discarded_text, [](const Json& body) { return id_of(body, "discarded"); }};
const View rejected{rejected_text, [](const Json& body) { return id_of(body, "id"); }};
const View redrive_jobs{jobs_text, [](const Json& body) { return ids_of(body, "redrives", "id"); }};
const View redrive_job{job_text, [](const Json& body) { return id_of(body, "id"); }};

}  // namespace millrace::cli::views
