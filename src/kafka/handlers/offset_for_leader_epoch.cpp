#include <algorithm>

#include "handlers.hpp"
#include "millrace/runtime/broker_runtime.hpp"

namespace millrace::kafka::handlers {

using protocol::OffsetForLeaderEpochRequest;
using protocol::OffsetForLeaderEpochResponse;

void handle(const Context& context, const Call&, OffsetForLeaderEpochRequest request,
            Answer<OffsetForLeaderEpochResponse> answer) {
  OffsetForLeaderEpochResponse response;
  const auto topology = context.broker.topology();
  for (const auto& topic : request.topics) {
    auto& into = response.topics.emplace_back();
    into.topic = topic.topic;
    for (const auto& asked : topic.partitions) {
      auto& found = into.partitions.emplace_back();
      found.partition = asked.partition;
      const auto hosted = topology->find(topic.topic, asked.partition);
      if (!hosted) {
        found.error_code = ErrorCode::unknown_topic_or_partition;
        continue;
      }
      const auto current = std::max(asked.current_leader_epoch, LeaderEpoch{-1});
      const auto ended =
          hosted->with([&](const broker::Partition& each) { return each.end_of_epoch(asked.leader_epoch, current); });
      found.error_code = ended.error;
      found.leader_epoch = ended.epoch;
      found.end_offset = ended.end_offset.value();
    }
  }
  answer.send(response);
}

}  // namespace millrace::kafka::handlers
