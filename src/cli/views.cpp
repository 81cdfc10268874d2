#include "views.hpp"

#include "fields.hpp"
#include "table.hpp"

namespace millrace::cli::views {

namespace {

std::string list_text(const Json& list) {
  std::string out;
  for (const auto& each : list) out += (out.empty() ? "" : ", ") + each.get<std::string>();
  return out;
}

/// "orders 0-3, 7; payments 1"
std::string assignment_text(const Json& assignment) {
  std::string out;
  for (const auto& topic : assignment) {
    out += (out.empty() ? "" : "; ") + text_of(topic, "topic");
    const auto partitions = topic.at("partitions").get<std::vector<int>>();
    for (std::size_t i = 0; i < partitions.size();) {
      auto last = i;
      while (last + 1 < partitions.size() && partitions[last + 1] == partitions[last] + 1) ++last;
      out += (i == 0 ? " " : ", ") + std::to_string(partitions[i]);
      if (last > i) out += "-" + std::to_string(partitions[last]);
      i = last + 1;
    }
  }
  return out.empty() ? "-" : out;
}

std::string cluster_text(const Json& body, const Paint&) {
  const auto& disk = body.at("data_directory");
  return line("cluster     ", text_of(body, "cluster_id")) + line("broker      ", text_of(body, "broker_id")) +
         line("version     ", text_of(body, "version")) + line("kafka       ", list_text(body.at("kafka"))) +
         line("topics      ", text_of(body, "topics")) + line("partitions  ", text_of(body, "partitions")) +
         line("data        ", text_of(disk, "path")) +
         line("free        ", bytes_text(disk.at("free_bytes")) + " of " + bytes_text(disk.at("total_bytes")));
}

std::string topics_text(const Json& body, const Paint& paint) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& topic : body.at("topics")) {
    rows.push_back({text_of(topic, "name"), text_of(topic, "partitions"), topic.at("internal") ? "the broker's" : ""});
  }
  return table({{"TOPIC"}, {"PARTITIONS", true}, {""}}, rows, paint);
}

std::string configs_text(const Json& body, const Paint& paint) {
  std::vector<std::vector<std::string>> configs;
  for (const auto& [name, value] : body.at("configs").items()) configs.push_back({name, value.get<std::string>()});
  return table({{"CONFIGURATION"}, {"VALUE"}}, configs, paint);
}

/// "in     3.2 records/s, 1.1 KiB/s"
std::string rates_text(const Json& body) {
  const auto rates = body.find("rates");
  if (rates == body.end() || rates->is_null()) return "";
  const auto flow = [&](const char* records, const char* bytes) {
    const auto tenths = static_cast<std::int64_t>(rates->at(records).get<double>() * 10 + 0.5);
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " records/s, " +
           bytes_text(rates->at(bytes)) + "/s";
  };
  return line("in     ", flow("received_records", "received_bytes")) +
         line("out    ", flow("sent_records", "sent_bytes"));
}

std::string topic_text(const Json& body, const Paint& paint) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& partition : body.at("partitions")) {
    const std::string kept = partition.contains("kept_from") ? "kept from " + text_of(partition, "kept_from") : "";
    rows.push_back({text_of(partition, "partition"), text_of(partition, "log_start_offset"),
                    text_of(partition, "high_watermark"), bytes_text(partition.at("bytes")),
                    partition.at("offline") ? "offline" : kept});
  }
  return line("topic  ", text_of(body, "name")) + line("id     ", text_of(body, "id")) + rates_text(body) + "\n" +
         table({{"PARTITION", true}, {"START", true}, {"END", true}, {"SIZE", true}, {""}}, rows, paint) + "\n" +
         configs_text(body, paint);
}

std::string changed_topic_text(const Json& body, const Paint& paint) {
  const bool dry_run = body.contains("dry_run");
  return line("topic       ", text_of(body, "name")) + line("partitions  ", text_of(body, "partitions")) +
         (dry_run ? "nothing was changed: this is what it would be\n" : "") + "\n" + configs_text(body, paint);
}

std::string groups_text(const Json& body, const Paint& paint) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& group : body.at("groups")) {
    rows.push_back({text_of(group, "group"), text_of(group, "state"), text_of(group, "type")});
  }
  return table({{"GROUP"}, {"STATE"}, {"PROTOCOL"}}, rows, paint);
}

std::string lag_text(const Json& body) {
  const auto unknown = body.value("partitions_without_offset", 0);
  if (unknown == 0) return text_of(body, "lag");
  return text_of(body, "lag") + ", and " + std::to_string(unknown) + (unknown == 1 ? " partition" : " partitions") +
         " without a committed offset";
}

std::string group_text(const Json& body, const Paint& paint) {
  std::vector<std::vector<std::string>> members, offsets;
  for (const auto& member : body.at("members")) {
    members.push_back({text_of(member, "id"), text_of(member, "client_id"), text_of(member, "host"),
                       assignment_text(member.at("assignment"))});
  }
  for (const auto& offset : body.at("offsets")) {
    offsets.push_back({text_of(offset, "topic"), text_of(offset, "partition"), text_of(offset, "committed_offset"),
                       text_of(offset, "high_watermark"), text_of(offset, "lag"), text_of(offset, "behind_since")});
  }
  auto out = line("group     ", text_of(body, "group")) + line("state     ", text_of(body, "state")) +
             line("protocol  ", text_of(body, "type")) + line("lag       ", lag_text(body));
  if (!body.at("behind_since").is_null()) out += line("since     ", text_of(body, "behind_since"));
  if (!members.empty()) out += "\n" + table({{"MEMBER"}, {"CLIENT"}, {"HOST"}, {"READS"}}, members, paint);
  if (!offsets.empty()) {
    out += "\n" +
           table({{"TOPIC"}, {"PARTITION", true}, {"COMMITTED", true}, {"END", true}, {"LAG", true}, {"BEHIND SINCE"}},
                 offsets);
  }
  return out;
}

std::string health_text(const Json& body, const Paint&) {
  auto out = line("", text_of(body, "status"));
  const auto reasons = body.find("reasons");
  if (reasons == body.end()) return out;
  for (const auto& reason : *reasons) out += line("  ", reason.get<std::string>());
  return out;
}

}  // namespace

const View cluster{cluster_text, [](const Json& body) { return id_of(body, "cluster_id"); }};
const View topics{topics_text, [](const Json& body) { return ids_of(body, "topics", "name"); }};
const View topic{topic_text, [](const Json& body) { return id_of(body, "name"); }};
const View changed_topic{changed_topic_text, [](const Json& body) { return id_of(body, "name"); }};
const View groups{groups_text, [](const Json& body) { return ids_of(body, "groups", "group"); }};
const View group{group_text, [](const Json& body) { return id_of(body, "group"); }};
const View health{health_text, [](const Json& body) { return id_of(body, "status"); }};

}  // namespace millrace::cli::views
