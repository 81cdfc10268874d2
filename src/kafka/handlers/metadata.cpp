#include <set>

#include "authorized_operations.hpp"
#include "handlers.hpp"
#include "millrace/runtime/broker_runtime.hpp"

namespace millrace::kafka::handlers {

using protocol::MetadataRequest;
using protocol::MetadataResponse;

namespace {

/// Everything of a request that shapes its answer, after the frame is gone.
struct Inquiry {
  runtime::BrokerRuntime& broker;
  Endpoint address;
  std::int16_t version = 0;
  MetadataRequest request;
};

MetadataResponse::Topic describe(const Inquiry& inquiry, const runtime::HostedTopic& hosted) {
  MetadataResponse::Topic into;
  into.name = hosted.topic->name;
  into.topic_id = hosted.topic->id;
  into.is_internal = hosted.topic->is_internal;
  const auto self = inquiry.broker.broker_id();
  for (std::size_t index = 0; index < hosted.partitions.size(); ++index) {
    auto& partition = into.partitions.emplace_back();
    partition.partition_index = static_cast<PartitionIndex>(index);
    partition.leader_id = self;
    partition.leader_epoch = hosted.partitions[index]->leader_epoch();
    partition.replica_nodes = {self};
    partition.isr_nodes = {self};
  }
  if (inquiry.request.include_topic_authorized_operations) into.topic_authorized_operations = topic_operations;
  return into;
}

MetadataResponse::Topic refused(const MetadataRequest::Topic& asked, ErrorCode error) {
  MetadataResponse::Topic into;
  into.error_code = error;
  into.name = asked.name;
  into.topic_id = asked.topic_id;
  return into;
}

MetadataResponse::Topic look_up(const Inquiry& inquiry, const runtime::Topology& topology,
                                const MetadataRequest::Topic& asked) {
  // The Java client sends an empty name, not null, along with an id.
  if (!asked.name || (inquiry.version >= 12 && !asked.topic_id.is_zero())) {
    if (inquiry.version < 12 || asked.topic_id.is_zero()) return refused(asked, ErrorCode::unknown_topic_id);
    const auto hosted = topology.find(asked.topic_id);
    return hosted ? describe(inquiry, *hosted) : refused(asked, ErrorCode::unknown_topic_id);
  }
  if (broker::topic_name_fault(*asked.name)) return refused(asked, ErrorCode::invalid_topic_exception);
  const auto hosted = topology.find(*asked.name);
  return hosted ? describe(inquiry, *hosted) : refused(asked, ErrorCode::unknown_topic_or_partition);
}

bool asks_for_all(const Inquiry& inquiry) {
  const auto& topics = inquiry.request.topics;
  return !topics || (inquiry.version == 0 && topics->empty());
}

MetadataResponse build(const Inquiry& inquiry) {
  MetadataResponse response;
  response.brokers.push_back({.node_id = inquiry.broker.broker_id(),
                              .host = inquiry.address.host,
                              .port = inquiry.address.port,
                              .rack = std::nullopt});
  response.cluster_id = inquiry.broker.cluster_id();
  response.controller_id = inquiry.broker.broker_id();
  if (inquiry.request.include_cluster_authorized_operations) {
    response.cluster_authorized_operations = cluster_operations;
  }
  const auto topology = inquiry.broker.topology();
  if (asks_for_all(inquiry)) {
    const auto tell = [&](const runtime::HostedTopic& hosted) { response.topics.push_back(describe(inquiry, hosted)); };
    topology->for_each(tell);
    topology->for_each_view(tell);
  } else {
    std::set<std::pair<std::optional<std::string_view>, Uuid>> seen;
    for (const auto& asked : *inquiry.request.topics) {
      if (seen.emplace(asked.name, asked.topic_id).second) {
        response.topics.push_back(look_up(inquiry, *topology, asked));
      }
    }
  }
  return response;
}

/// Topics that the client may have made by asking for them.
std::vector<broker::CreateTopic> to_create(const Inquiry& inquiry) {
  std::vector<broker::CreateTopic> missing;
  const bool allowed = inquiry.version < 4 || inquiry.request.allow_auto_topic_creation;
  if (!allowed || !inquiry.broker.auto_creates_topics() || asks_for_all(inquiry)) return missing;
  const auto topology = inquiry.broker.topology();
  for (const auto& asked : *inquiry.request.topics) {
    if (inquiry.version >= 12 && !asked.topic_id.is_zero()) continue;
    if (!asked.name || topology->find(*asked.name) || broker::topic_name_fault(*asked.name)) continue;
    missing.push_back({.name = *asked.name, .assignments = {}, .configs = {}});
  }
  return missing;
}

}  // namespace

void handle(const Context& context, const Call& call, MetadataRequest request, Answer<MetadataResponse> answer) {
  Inquiry inquiry{context.broker, context.advertised.address_for(call.peer), call.version, std::move(request)};
  auto missing = to_create(inquiry);
  if (missing.empty()) return answer.send(build(inquiry));
  context.broker.create_topics(std::move(missing), [inquiry = std::move(inquiry), answer = std::move(answer)](
                                                       std::vector<broker::CreateAnswer> created) mutable {
    auto response = build(inquiry);
    // What could not be created says why: a name that collides, for one.
    for (auto& topic : response.topics) {
      if (topic.error_code != ErrorCode::unknown_topic_or_partition) continue;
      for (const auto& each : created) {
        if (each.error != ErrorCode::none && each.error != ErrorCode::topic_already_exists && created.size() == 1) {
          topic.error_code = each.error;
        }
      }
    }
    answer.send(response);
  });
}

}  // namespace millrace::kafka::handlers
