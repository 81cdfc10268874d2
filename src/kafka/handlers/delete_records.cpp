#include "handlers.hpp"
#include "millrace/runtime/broker_runtime.hpp"

namespace millrace::kafka::handlers {

using protocol::DeleteRecordsRequest;
using protocol::DeleteRecordsResponse;

void handle(const Context& context, const Call&, DeleteRecordsRequest request, Answer<DeleteRecordsResponse> answer) {
  DeleteRecordsResponse response;
  std::vector<runtime::DeleteRecordsPart> parts;
  for (const auto& topic : request.topics) {
    auto& into = response.topics.emplace_back();
    into.name = topic.name;
    for (const auto& partition : topic.partitions) {
      into.partitions.emplace_back().partition_index = partition.partition_index;
      parts.push_back({topic.name, partition.partition_index, Offset(partition.offset)});
    }
  }
  context.broker.delete_records(std::move(parts), [response = std::move(response), answer = std::move(answer)](
                                                      std::vector<broker::DeleteRecordsAnswer> deleted) mutable {
    std::size_t slot = 0;
    for (auto& topic : response.topics) {
      for (auto& partition : topic.partitions) {
        partition.error_code = deleted[slot].error;
        partition.low_watermark = deleted[slot++].low_watermark.value();
      }
    }
    answer.send(response);
  });
}

}  // namespace millrace::kafka::handlers
