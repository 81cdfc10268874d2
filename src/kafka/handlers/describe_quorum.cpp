// DescribeQuorum, as one broker can answer it: it is the only voter, and the metadata of the cluster is its own log.

#include "handlers.hpp"
#include "millrace/broker/metadata_events.hpp"
#include "millrace/runtime/broker_runtime.hpp"

namespace millrace::kafka::handlers {

using protocol::DescribeQuorumRequest;
using protocol::DescribeQuorumResponse;

namespace {

/// What clients call the log that we keep under a name of our own.
constexpr std::string_view cluster_metadata = "__cluster_metadata";

void describe(const Context& context, DescribeQuorumResponse::Partition& into) {
  const auto log = context.broker.topology()->find(broker::metadata_topic, 0);
  into.error_message = "";
  if (!log) {
    into.error_code = ErrorCode::unknown_topic_or_partition;
    return;
  }
  const auto self = context.broker.broker_id();
  const auto now = context.broker.now().wall;
  auto& voter = into.current_voters.emplace_back();
  voter.replica_id = self;
  voter.last_fetch_timestamp = voter.last_caught_up_timestamp = now;
  into.leader_id = self;
  log->with([&](const broker::Partition& partition) {
    into.leader_epoch = partition.leader_epoch();
    into.high_watermark = partition.high_watermark().value();
    voter.log_end_offset = partition.end().value();
  });
}

}  // namespace

void handle(const Context& context, const Call& call, DescribeQuorumRequest request,
            Answer<DescribeQuorumResponse> answer) {
  DescribeQuorumResponse response;
  response.error_message = "";  // Kafka says this, not null
  bool known = true;
  std::size_t partitions = 0;
  for (const auto& topic : request.topics) {
    auto& into = response.topics.emplace_back();
    into.topic_name = topic.topic_name;
    for (const auto& partition : topic.partitions) {
      auto& described = into.partitions.emplace_back();
      described.partition_index = partition.partition_index;
      ++partitions;
      known = known && topic.topic_name == cluster_metadata && partition.partition_index == 0;
    }
  }
  for (auto& topic : response.topics) {
    for (auto& partition : topic.partitions) {
      if (known) {
        describe(context, partition);
      } else {
        partition.error_code = ErrorCode::unknown_topic_or_partition;
        partition.error_message = "only partition 0 of __cluster_metadata has a quorum, and is asked for alone";
      }
    }
  }
  if (known && partitions > 0) {
    const auto address = context.advertised.address_for(call.peer);
    auto& self = response.nodes.emplace_back();
    self.node_id = context.broker.broker_id();
    self.listeners.push_back({.name = "PLAINTEXT", .host = address.host, .port = address.port});
  }
  answer.send(response);
}

}  // namespace millrace::kafka::handlers
