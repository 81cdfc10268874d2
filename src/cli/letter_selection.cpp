#include "letter_selection.hpp"

#include "millrace/deadletter/names.hpp"

namespace millrace::cli {

bool LetterSelection::is_everything() const {
  return where.empty() && reasons.empty() && since.empty() && until.empty() && ids.empty() && limit == 0;
}

Json json_of(const LetterSelection& selection) {
  auto body = Json::object();
  if (!selection.ids.empty()) body["ids"] = selection.ids;
  if (!selection.where.empty()) body["where"] = selection.where;
  if (!selection.reasons.empty()) body["reason"] = selection.reasons;
  if (!selection.since.empty()) body["since"] = selection.since;
  if (!selection.until.empty()) body["until"] = selection.until;
  if (selection.limit > 0) body["limit"] = selection.limit;
  return body;
}

std::string page_target(const std::string& topic, const LetterSelection& selection, const std::string& state,
                        std::uint64_t page, const std::string& cursor) {
  auto target = path_of({"v1", "dead-letters", topic}) + "?state=" + state + "&limit=" + std::to_string(page);
  const auto add = [&target](const char* name, const std::string& value) {
    if (!value.empty()) target += "&" + std::string(name) + "=" + escaped_for_query(value);
  };
  std::string reasons;
  for (const auto& reason : selection.reasons) reasons += (reasons.empty() ? "" : ",") + reason;
  add("where", selection.where);
  add("reason", reasons);
  add("since", selection.since);
  add("until", selection.until);
  add("cursor", cursor);
  return target;
}

std::optional<std::string> letter_target(const std::string& id, const std::string& topic) {
  if (!topic.empty()) return path_of({"v1", "dead-letters", topic, "letters", id});
  const auto name = deadletter::parse_id(id);
  if (!name) return std::nullopt;
  const auto usual = deadletter::topic_for(name->group, name->topic);
  if (!usual) return std::nullopt;
  return path_of({"v1", "dead-letters", *usual, "letters", id});
}

}  // namespace millrace::cli
