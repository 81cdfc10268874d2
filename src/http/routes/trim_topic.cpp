// Deletes the oldest records of a topic, as Kafka's DeleteRecords does.

#include "awaited.hpp"
#include "body.hpp"
#include "json.hpp"
#include "millrace/core/escaped.hpp"
#include "place.hpp"
#include "problem.hpp"
#include "routes.hpp"

namespace millrace::http::routes {

namespace {

struct Wanted {
  Place place;
  std::set<PartitionIndex> partitions;  ///< none: all
  bool dry_run = false;
};

Result<Wanted> read(const Request& request) {
  auto body = Body::of(request);
  if (!body) return failure_of(body);
  const auto dry_run = is_dry_run(request);
  if (!dry_run) return failure_of(dry_run);
  const auto place = read_place(*body);
  if (!place) return failure_of(place);
  if (place->kind == Place::Kind::shift) return failure(Errc::invalid, "shift: a topic has no place to count from");
  auto partitions = body->numbers("partitions");
  if (!partitions) return failure_of(partitions);
  if (auto known = body->all_known(); !known) return failure_of(known);
  return Wanted{.place = *place, .partitions = std::move(*partitions), .dry_run = *dry_run};
}

struct Row {
  PartitionIndex partition = 0;
  Offset start;
  Offset end;
  Offset before;  ///< what is older goes
};

Result<std::vector<Row>> rows_of(const Context& context, const runtime::HostedTopic& hosted, Wanted wanted) {
  const auto& name = hosted.topic->name;
  if (wanted.partitions.empty()) {
    for (std::size_t i = 0; i < hosted.partitions.size(); ++i) wanted.partitions.insert(static_cast<PartitionIndex>(i));
  }
  std::vector<Row> rows;
  for (const auto partition : wanted.partitions) {
    const auto found = hosted.find(partition);
    if (!found) {
      return failure(Errc::not_found, "topic " + escaped(name) + " has no partition " + std::to_string(partition));
    }
    const auto before = offset_of(context.broker, wanted.place, hosted, partition, std::nullopt);
    if (!before) return failure_of(before);
    rows.push_back(found->with([&](const broker::Partition& open) {
      return Row{.partition = partition, .start = open.start(), .end = open.high_watermark(), .before = *before};
    }));
  }
  return rows;
}

Response refused(const Request& request, const Error& why) {
  return answer_of(why.code == Errc::not_found ? problems::not_found(why.message) : problems::invalid(why.message),
                   request.id);
}

Response told(const std::string& name, const std::vector<Row>& rows, bool dry_run) {
  auto partitions = Json::array();
  for (const auto& row : rows) {
    partitions.push_back(Json{{"partition", row.partition},
                              {"before", row.start.value()},
                              {"after", row.before.value()},
                              {"high_watermark", row.end.value()}});
  }
  Json body{{"name", name}, {"partitions", std::move(partitions)}};
  if (dry_run) body["dry_run"] = true;
  return json_answer(body);
}

}  // namespace

runtime::Task<Response> trim_topic(const Context& context, Request request) {
  const auto name = request.named.at("topic");
  const auto wanted = read(request);
  if (!wanted) co_return refused(request, wanted.error());
  const auto hosted = context.broker.topology()->find(name);
  if (!hosted) co_return answer_of(problems::not_found("topic " + escaped(name) + " does not exist"), request.id);
  auto rows = rows_of(context, *hosted, *wanted);
  if (!rows) co_return refused(request, rows.error());
  std::vector<runtime::DeleteRecordsPart> parts;
  for (const auto& row : *rows) {
    parts.push_back(
        {.topic = name, .partition = row.partition, .before = row.before, .validate_only = wanted->dry_run});
  }
  auto ask = [&context, &parts](auto done) { context.broker.delete_records(std::move(parts), std::move(done)); };
  auto answers = co_await awaited<std::vector<broker::DeleteRecordsAnswer>>(std::move(ask));
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (answers[i].error != ErrorCode::none) {
      const auto where = escaped(name) + "-" + std::to_string((*rows)[i].partition) + ": ";
      co_return answer_of(problems::of_error(answers[i].error, where + answers[i].message), request.id);
    }
    (*rows)[i].before = answers[i].low_watermark;
  }
  co_return told(name, *rows, wanted->dry_run);
}

}  // namespace millrace::http::routes
