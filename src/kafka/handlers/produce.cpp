#include "append_spans.hpp"
#include "handlers.hpp"
#include "millrace/runtime/broker_runtime.hpp"

namespace millrace::kafka::handlers {

using protocol::ProduceRequest;
using protocol::ProduceResponse;

namespace {

/// The answer's frame: every partition that was asked for, with nothing in it yet.
ProduceResponse skeleton(const ProduceRequest& request) {
  ProduceResponse response;
  response.responses.reserve(request.topic_data.size());
  for (const auto& topic : request.topic_data) {
    auto& into = response.responses.emplace_back();
    into.name = topic.name;
    into.topic_id = topic.topic_id;
    into.partition_responses.reserve(topic.partition_data.size());
    for (const auto& partition : topic.partition_data) {
      auto& answer = into.partition_responses.emplace_back();
      answer.index = partition.index;
      answer.base_offset = -1;
    }
  }
  return response;
}

void refuse_all(ProduceResponse& response, ErrorCode error, const std::string& message) {
  for (auto& topic : response.responses) {
    for (auto& partition : topic.partition_responses) {
      partition.error_code = error;
      partition.error_message = message;
    }
  }
}

void fill(ProduceResponse::Partition& answer, const runtime::ProducePartAnswer& part) {
  answer.error_code = part.append.error;
  if (!part.append.message.empty()) answer.error_message = part.append.message;
  for (const auto& fault : part.faults) {
    answer.record_errors.push_back({.batch_index = fault.index, .batch_index_error_message = fault.message});
  }
  answer.log_start_offset = part.append.log_start_offset.value();
  if (part.append.error != ErrorCode::none) return;
  answer.base_offset = part.append.base_offset.value();
  answer.log_append_time_ms = part.append.log_append_time;
}

}  // namespace

void handle(const Context& context, const Call& call, ProduceRequest request, Answer<ProduceResponse> answer) {
  auto response = skeleton(request);
  if (request.acks < -1 || request.acks > 1) {
    refuse_all(response, ErrorCode::invalid_required_acks,
               "acks: " + std::to_string(request.acks) + " is not -1, 0 or 1");
    return answer.send(response);
  }
  if (request.transactional_id) {
    refuse_all(response, ErrorCode::transactional_id_authorization_failed,
               "transactional_id: transactions are not served");
    if (request.acks == 0) return answer.hang_up();
    return answer.send(response);
  }
  runtime::ProduceRequest command;
  command.wait_for_disk = request.acks != 0;
  command.zstd_allowed = call.version >= 7;
  const bool by_id = call.version >= 13;
  for (auto& topic : request.topic_data) {
    const runtime::TopicRef named{.name = topic.name, .id = by_id ? std::optional(topic.topic_id) : std::nullopt};
    for (const auto& partition : topic.partition_data) {
      command.parts.push_back(
          {.topic = named, .partition = partition.index, .records = partition.records.value_or(MutableBytes())});
    }
  }
  const bool silent = request.acks == 0;
  std::unique_ptr<AppendSpans> spans;
  auto* const tracer = context.tracer;
  if (tracer != nullptr) spans = AppendSpans::of(*tracer, *context.broker.topology(), command, call.client_id);
  auto done = [response = std::move(response), silent, answer = std::move(answer), spans = std::move(spans),
               tracer](std::vector<runtime::ProducePartAnswer> parts) mutable {
    if (spans) spans->end(*tracer, parts);
    std::size_t slot = 0;
    bool failed = false;
    for (auto& topic : response.responses) {
      for (auto& partition : topic.partition_responses) {
        failed = failed || parts[slot].append.error != ErrorCode::none;
        fill(partition, parts[slot++]);
      }
    }
    if (!silent) return answer.send(response);
    // A client that wants no answer learns of a failure only by losing its connection.
    if (failed) return answer.hang_up();
    answer.none();
  };
  context.broker.produce(std::move(command), std::move(done));
}

}  // namespace millrace::kafka::handlers
