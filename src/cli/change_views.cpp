// What a change did, or would do, in rows.

#include "fields.hpp"
#include "table.hpp"
#include "views.hpp"

namespace millrace::cli::views {

namespace {

std::string ending(const Json& body, const std::string& text) {
  return body.contains("dry_run") ? "nothing was changed: this is what it would be\n" : text;
}

std::string members_text(const Json& body) {
  const auto members = body.at("members").get<std::size_t>();
  if (members == 0) return "";
  if (members == 1) return "1 member gives these partitions up and gets them anew within a heartbeat or two\n";
  return std::to_string(members) + " members give these partitions up and get them anew within a heartbeat or two\n";
}

std::string reset_text(const Json& body, const Paint& paint) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& offset : body.at("offsets")) {
    rows.push_back(
        {text_of(offset, "topic"), text_of(offset, "partition"), text_of(offset, "before"), text_of(offset, "after")});
  }
  return line("group  ", text_of(body, "group")) + ending(body, members_text(body)) + "\n" +
         table({{"TOPIC"}, {"PARTITION", true}, {"BEFORE", true}, {"AFTER", true}}, rows, paint);
}

std::string trimmed_text(const Json& body, const Paint& paint) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& each : body.at("partitions")) {
    rows.push_back(
        {text_of(each, "partition"), text_of(each, "before"), text_of(each, "after"), text_of(each, "high_watermark")});
  }
  return line("topic  ", text_of(body, "name")) + ending(body, "") + "\n" +
         table({{"PARTITION", true}, {"START BEFORE", true}, {"START", true}, {"END", true}}, rows, paint);
}

std::string place_text(const Json& stored) {
  const auto place = text_of(stored, "partition") + "/" + (stored.contains("offset") ? text_of(stored, "offset") : "?");
  return (stored.contains("topic") ? text_of(stored, "topic") + "/" : "") + place;
}

std::string stored_text(const Json& stored, const Paint& paint) {
  return (stored.contains("duplicate") ? "there before as " : "stored as ") + paint.cyan(place_text(stored));
}

std::string published_text(const Json& body, const Paint& paint) {
  if (!body.contains("results")) return stored_text(body, paint) + "\n";
  std::string out;
  for (const auto& each : body.at("results")) {
    const bool is_stored = !each.contains("problem");
    out += is_stored ? stored_text(each, paint) : "not stored: " + text_of(each.at("problem"), "detail");
    out += "\n";
  }
  return out;
}

std::string published_ids(const Json& body) {
  if (!body.contains("results")) return place_text(body) + "\n";
  std::string out;
  for (const auto& each : body.at("results")) out += place_text(each) + "\n";
  return out;
}

}  // namespace

const View published{published_text, published_ids};
const View reset{reset_text, [](const Json& body) { return id_of(body, "group"); }};
const View trimmed{trimmed_text, [](const Json& body) { return id_of(body, "name"); }};

}  // namespace millrace::cli::views
