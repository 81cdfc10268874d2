#include <map>

#include "handlers.hpp"
#include "millrace/runtime/broker_runtime.hpp"

namespace millrace::kafka::handlers {

using protocol::DeleteTopicsRequest;
using protocol::DeleteTopicsResponse;

namespace {

/// Turns ids into names; what cannot be named is refused in `into`.
std::optional<std::string> name_of_topic(const runtime::Topology& topology, const DeleteTopicsRequest::Topic& asked,
                                         DeleteTopicsResponse::Topic& into) {
  into.name = asked.name;
  into.topic_id = asked.topic_id;
  if (asked.name) {
    if (asked.topic_id.is_zero()) return asked.name;
    into.error_code = ErrorCode::invalid_request;
    into.error_message = "topic_id: a topic is named by its name or by its id, not by both";
    return std::nullopt;
  }
  if (asked.topic_id.is_zero()) {
    into.error_code = ErrorCode::invalid_request;
    into.error_message = "topic_id: neither it nor a name is given";
    return std::nullopt;
  }
  const auto hosted = topology.find(asked.topic_id);
  if (!hosted) {
    into.error_code = ErrorCode::unknown_topic_id;
    into.error_message = "topic_id: no topic has this id";
    return std::nullopt;
  }
  into.name = hosted->topic->name;
  return hosted->topic->name;
}

/// Whether a topic that is named twice shall go once or not at all is not for us to guess; Kafka refuses too.
void refuse_repeated(const DeleteTopicsRequest::Topic& asked, DeleteTopicsResponse::Topic& into) {
  into.name = asked.name;
  into.topic_id = asked.topic_id;
  into.error_code = ErrorCode::invalid_request;
  into.error_message = "topics: this one is named more than once";
}

}  // namespace

void handle(const Context& context, const Call& call, DeleteTopicsRequest request,
            Answer<DeleteTopicsResponse> answer) {
  if (call.version < 6) {
    for (auto& name : request.topic_names) request.topics.push_back({.name = std::move(name), .topic_id = {}});
  }
  const auto topology = context.broker.topology();
  DeleteTopicsResponse response;
  std::vector<std::string> names;
  std::vector<std::size_t> slots;
  std::map<std::pair<std::optional<std::string>, Uuid>, int> times;
  for (const auto& asked : request.topics) ++times[{asked.name, asked.topic_id}];
  for (const auto& asked : request.topics) {
    const int named = times[{asked.name, asked.topic_id}];
    if (named == 0) continue;  // its first mention was refused for all of them
    auto& into = response.responses.emplace_back();
    if (named > 1) {
      refuse_repeated(asked, into);
      times[{asked.name, asked.topic_id}] = 0;
      continue;
    }
    const auto name = name_of_topic(*topology, asked, into);
    if (!name) continue;
    if (const auto hosted = topology->find(*name)) into.topic_id = hosted->topic->id;
    slots.push_back(response.responses.size() - 1);
    names.push_back(*name);
  }
  context.broker.delete_topics(std::move(names),
                               [response = std::move(response), slots = std::move(slots),
                                answer = std::move(answer)](std::vector<broker::DeleteAnswer> deleted) mutable {
                                 for (std::size_t i = 0; i < deleted.size(); ++i) {
                                   auto& into = response.responses[slots[i]];
                                   into.error_code = deleted[i].error;
                                   if (!deleted[i].message.empty()) into.error_message = deleted[i].message;
                                 }
                                 answer.send(response);
                               });
}

}  // namespace millrace::kafka::handlers
