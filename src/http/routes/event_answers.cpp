#include "event_answers.hpp"

#include "millrace/core/escaped.hpp"
#include "millrace/core/rfc3339.hpp"

namespace millrace::http::routes {

namespace {

Json json_of(const std::string& topic, const Stored& stored, const EventRecord& record) {
  Json told{{"topic", topic}, {"partition", stored.partition}};
  if (stored.quarantined) {
    told["quarantined"] = json_of(*stored.quarantined);
    return told;
  }
  if (stored.offset) told["offset"] = stored.offset->value();
  // When the first copy came is not looked up.
  if (stored.is_duplicate) {
    told["duplicate"] = true;
  } else {
    told["timestamp"] = rfc3339(record.timestamp);
  }
  return told;
}

}  // namespace

Json json_of(const PutAsideEvent& quarantined) {
  Json told{{"topic", quarantined.topic}, {"partition", quarantined.partition}, {"reason", quarantined.reason}};
  if (quarantined.offset != no_offset) told["offset"] = quarantined.offset.value();
  return told;
}

Problem too_large(std::size_t bytes, std::int32_t most) {
  Problem problem{413, "event-too-large", "The event is too large for the topic",
                  "the record has " + std::to_string(bytes) + " bytes, max.message.bytes is " + std::to_string(most)};
  problem.limits = {{"limit", most}, {"size", static_cast<std::int64_t>(bytes)}};
  problem.kafka_error = name_of(ErrorCode::message_too_large);
  problem.outcome = "not-stored";
  return problem;
}

Problem key_required() {
  return {422, "key-required", "The topic is compacted",
          "a compacted topic keeps only records with a key: name one with the parameter key, or set the attribute that "
          "cloudevents.key.mapper names"};
}

Problem of_append(const broker::AppendAnswer& append) {
  if (append.error == ErrorCode::kafka_storage_error) {
    Problem problem{503, "not-available", "The broker cannot store it now", append.message};
    problem.fields.emplace_back("Retry-After", "5");
    problem.kafka_error = name_of(append.error);
    problem.outcome = "unknown";
    return problem;
  }
  if (append.error == ErrorCode::leader_not_available) {
    Problem problem{503, "not-available", "The broker cannot store it now", append.message};
    problem.fields.emplace_back("Retry-After", "1");
    problem.kafka_error = name_of(append.error);
    problem.outcome = "not-stored";
    return problem;
  }
  auto problem = problems::of_error(append.error, append.message);
  if (append.error == ErrorCode::message_too_large) problem.status = 413;
  problem.outcome = "not-stored";
  return problem;
}

Problem of_read(ErrorCode error, const std::string& message) {
  if (error != ErrorCode::kafka_storage_error) return problems::of_error(error, message);
  Problem problem{503, "not-available", "The log cannot be read now", message};
  problem.fields.emplace_back("Retry-After", "5");
  problem.kafka_error = name_of(error);
  return problem;
}

Problem too_slow(Milliseconds patience) {
  Problem problem{504, "timeout", "It was not acknowledged in time",
                  "the disk has not confirmed it within " + std::to_string(patience.count()) + " ms"};
  problem.kafka_error = name_of(ErrorCode::request_timed_out);
  problem.outcome = "unknown";
  return problem;
}

Response answer_one(const std::string& topic, const PublishWish& wish, const cloudevents::Event& event,
                    const EventRecord& record, const Stored& stored) {
  auto body = json_of(topic, stored, record);
  body["source"] = event.text("source");
  body["id"] = event.text("id");
  auto response = json_answer(body, wish.acks != Acks::none ? 200 : 202);
  if (wish.is_minimal) response = {.status = 204, .content_type = "", .body = "", .fields = {}};
  response.fields.emplace_back("Millrace-Partition", std::to_string(stored.partition));
  if (stored.offset) response.fields.emplace_back("Millrace-Offset", std::to_string(stored.offset->value()));
  if (stored.quarantined) response.fields.emplace_back("Millrace-Quarantined", stored.quarantined->topic);
  if (stored.is_duplicate) response.fields.emplace_back("Millrace-Duplicate", "true");
  return response;
}

Response answer_batch(const PublishWish& wish, const std::vector<Stored>& stored, const std::string& id) {
  auto results = Json::array();
  bool failed = false;
  for (std::size_t i = 0; i < stored.size(); ++i) {
    Json told{{"index", i}, {"partition", stored[i].partition}};
    if (stored[i].offset) told["offset"] = stored[i].offset->value();
    if (stored[i].is_duplicate) told["duplicate"] = true;
    if (stored[i].quarantined) told["quarantined"] = json_of(*stored[i].quarantined);
    if (stored[i].problem) {
      failed = true;
      told["status"] = stored[i].problem->status;
      told["problem"] = Json::parse(answer_of(*stored[i].problem, id).body);
    }
    results.push_back(std::move(told));
  }
  if (wish.is_minimal && !failed) return {.status = 204, .content_type = "", .body = "", .fields = {}};
  const unsigned status = failed ? 207 : wish.acks == Acks::none ? 202 : 200;
  return json_answer(Json{{"count", stored.size()}, {"results", std::move(results)}}, status);
}

Problem unknown_topic(const std::string& name) {
  Problem problem{404, "unknown-topic", "There is no such topic", "topic " + escaped(name) + " does not exist"};
  problem.kafka_error = name_of(ErrorCode::unknown_topic_or_partition);
  return problem;
}

}  // namespace millrace::http::routes
