#include <set>

#include "handlers.hpp"
#include "millrace/runtime/broker_runtime.hpp"

namespace millrace::kafka::handlers {

using protocol::DescribeProducersRequest;
using protocol::DescribeProducersResponse;

void handle(const Context& context, const Call&, DescribeProducersRequest request,
            Answer<DescribeProducersResponse> answer) {
  DescribeProducersResponse response;
  const auto topology = context.broker.topology();
  std::set<std::pair<std::string_view, PartitionIndex>> seen;
  for (const auto& topic : request.topics) {
    auto& into = response.topics.emplace_back();
    into.name = topic.name;
    for (const auto index : topic.partition_indexes) {
      // An answer may be large, so that each is given once.
      if (!seen.emplace(topic.name, index).second) continue;
      auto& partition = into.partitions.emplace_back();
      partition.partition_index = index;
      if (const auto fault = broker::topic_name_fault(topic.name)) {
        partition.error_code = ErrorCode::invalid_topic_exception;
        partition.error_message = *fault;
        continue;
      }
      const auto hosted = topology->find(topic.name, index);
      if (!hosted) {
        partition.error_code = ErrorCode::unknown_topic_or_partition;
        partition.error_message = "there is no such partition";
        continue;
      }
      const auto producers = hosted->with([](const broker::Partition& each) { return each.producers(); });
      for (const auto& producer : producers) {
        partition.active_producers.push_back({.producer_id = producer.id,
                                              .producer_epoch = producer.epoch,
                                              .last_sequence = producer.last_sequence,
                                              .last_timestamp = producer.last_timestamp,
                                              .coordinator_epoch = producer.coordinator_epoch,
                                              .current_txn_start_offset = producer.transaction_start.value()});
      }
    }
  }
  answer.send(response);
}

}  // namespace millrace::kafka::handlers
