#include "topics.hpp"

#include "millrace/protocol/messages/create_topics.hpp"
#include "millrace/protocol/messages/list_offsets.hpp"

namespace millrace::bench {

using protocol::CreateTopicsRequest;
using protocol::CreateTopicsResponse;
using protocol::ListOffsetsRequest;
using protocol::ListOffsetsResponse;

Failure refused(const std::string& api, const std::string& topic, std::int32_t partition, ErrorCode error) {
  return failure(Errc::invalid,
                 api + ": " + topic + "-" + std::to_string(partition) + ": " + std::string(name_of(error)));
}

Result<void> make_topic(Connection& connection, const std::string& topic, std::int32_t partitions) {
  CreateTopicsRequest request;
  request.topics.push_back({.name = topic, .num_partitions = partitions, .replication_factor = 1});
  const auto answer = ask<CreateTopicsRequest, CreateTopicsResponse>(connection, request);
  if (!answer) return failure_of(answer);
  if (answer->topics.size() != 1) return failure(Errc::invalid, "CreateTopics: the answer does not name one topic");
  const auto error = answer->topics.front().error_code;
  if (error != ErrorCode::none && error != ErrorCode::topic_already_exists) {
    return refused("CreateTopics", topic, partitions, error);
  }
  return {};
}

namespace {

Result<std::int64_t> offset_at(Connection& connection, const std::string& topic, std::int32_t partition,
                               std::int64_t timestamp) {
  ListOffsetsRequest request;
  auto& part = request.topics.emplace_back().partitions.emplace_back();
  request.topics.front().name = topic;
  part.partition_index = partition;
  part.timestamp = timestamp;
  const auto answer = ask<ListOffsetsRequest, ListOffsetsResponse>(connection, request);
  if (!answer) return failure_of(answer);
  if (answer->topics.size() != 1 || answer->topics.front().partitions.size() != 1) {
    return failure(Errc::invalid, "ListOffsets: the answer does not name one partition");
  }
  const auto& found = answer->topics.front().partitions.front();
  if (found.error_code != ErrorCode::none) return refused("ListOffsets", topic, partition, found.error_code);
  return found.offset;
}

}  // namespace

Result<Extent> extent_of(Connection& connection, const std::string& topic, std::int32_t partition) {
  constexpr std::int64_t latest = -1, earliest = -2;
  const auto begin = offset_at(connection, topic, partition, earliest);
  if (!begin) return failure_of(begin);
  const auto end = offset_at(connection, topic, partition, latest);
  if (!end) return failure_of(end);
  return Extent{.begin = *begin, .end = *end};
}

}  // namespace millrace::bench
