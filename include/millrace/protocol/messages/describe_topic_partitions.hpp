#pragma once
// DescribeTopicPartitions: topics and their partitions, so many at a time; the cursor says where to go on. No topics
// ask for all.

#include "millrace/protocol/message.hpp"

namespace millrace::protocol {

/// The first partition that is still to be told.
struct TopicPartitionCursor {
  std::string topic_name{};
  std::int32_t partition_index = 0;

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    io.field("topic_name", m.topic_name);
    io.field("partition_index", m.partition_index);
    io.tags();
  }
};

struct DescribeTopicPartitionsRequest {
  static constexpr ApiShape shape{
      .name = "DescribeTopicPartitions", .key = 75, .oldest = 0, .newest = 0, .flexible_from = 0};

  struct Topic {
    std::string name{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("name", m.name);
      io.tags();
    }
  };

  std::vector<Topic> topics{};
  std::int32_t response_partition_limit = 2000;
  std::optional<TopicPartitionCursor> cursor{};

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    io.field("topics", m.topics);
    io.field("response_partition_limit", m.response_partition_limit);
    io.nullable("cursor", m.cursor);
    io.tags();
  }
};

struct DescribeTopicPartitionsResponse {
  static constexpr ApiShape shape = DescribeTopicPartitionsRequest::shape;

  struct Partition {
    ErrorCode error_code = ErrorCode::none;
    std::int32_t partition_index = 0;
    std::int32_t leader_id = -1;
    std::int32_t leader_epoch = -1;
    std::vector<std::int32_t> replica_nodes{};
    std::vector<std::int32_t> isr_nodes{};
    std::optional<std::vector<std::int32_t>> eligible_leader_replicas{};
    std::optional<std::vector<std::int32_t>> last_known_elr{};
    std::vector<std::int32_t> offline_replicas{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("error_code", m.error_code);
      io.field("partition_index", m.partition_index);
      io.field("leader_id", m.leader_id);
      io.field("leader_epoch", m.leader_epoch);
      io.field("replica_nodes", m.replica_nodes);
      io.field("isr_nodes", m.isr_nodes);
      io.field("eligible_leader_replicas", m.eligible_leader_replicas);
      io.field("last_known_elr", m.last_known_elr);
      io.field("offline_replicas", m.offline_replicas);
      io.tags();
    }
  };

  struct Topic {
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> name{};
    Uuid topic_id{};
    bool is_internal = false;
    std::vector<Partition> partitions{};
    std::int32_t topic_authorized_operations = operations_not_asked;

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("error_code", m.error_code);
      io.field("name", m.name);
      io.field("topic_id", m.topic_id);
      io.field("is_internal", m.is_internal);
      io.field("partitions", m.partitions);
      io.field("topic_authorized_operations", m.topic_authorized_operations);
      io.tags();
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Topic> topics{};
  std::optional<TopicPartitionCursor> next_cursor{};

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    io.field("throttle_time_ms", m.throttle_time_ms);
    io.field("topics", m.topics);
    io.nullable("next_cursor", m.next_cursor);
    io.tags();
  }
};

}  // namespace millrace::protocol
