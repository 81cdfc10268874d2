#pragma once
// ConsumerGroupHeartbeat: the one request of a member of a consumer group (KIP-848). Null fields, and a timeout of -1,
// say that nothing has changed. Epoch 0 joins, -1 leaves, -2 leaves for now.

#include "millrace/protocol/message.hpp"

namespace millrace::protocol {

struct ConsumerGroupHeartbeatRequest {
  static constexpr ApiShape shape{
      .name = "ConsumerGroupHeartbeat", .key = 68, .oldest = 0, .newest = 1, .flexible_from = 0};

  struct TopicPartitions {
    Uuid topic_id{};
    std::vector<std::int32_t> partitions{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("topic_id", m.topic_id);
      io.field("partitions", m.partitions);
      io.tags();
    }
  };

  std::string group_id{};
  std::string member_id{};  // made by the client since 1
  std::int32_t member_epoch = 0;
  std::optional<std::string> instance_id{};
  std::optional<std::string> rack_id{};
  std::int32_t rebalance_timeout_ms = -1;
  std::optional<std::vector<std::string>> subscribed_topic_names{};
  std::optional<std::string> subscribed_topic_regex{};  // since 1
  std::optional<std::string> server_assignor{};
  std::optional<std::vector<TopicPartitions>> topic_partitions{};

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    io.field("group_id", m.group_id);
    io.field("member_id", m.member_id);
    io.field("member_epoch", m.member_epoch);
    io.field("instance_id", m.instance_id);
    io.field("rack_id", m.rack_id);
    io.field("rebalance_timeout_ms", m.rebalance_timeout_ms);
    io.field("subscribed_topic_names", m.subscribed_topic_names);
    if (io.version() >= 1) io.field("subscribed_topic_regex", m.subscribed_topic_regex);
    io.field("server_assignor", m.server_assignor);
    io.field("topic_partitions", m.topic_partitions);
    io.tags();
  }
};

struct ConsumerGroupHeartbeatResponse {
  static constexpr ApiShape shape = ConsumerGroupHeartbeatRequest::shape;

  struct Assignment {
    std::vector<ConsumerGroupHeartbeatRequest::TopicPartitions> topic_partitions{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("topic_partitions", m.topic_partitions);
      io.tags();
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::optional<std::string> error_message{};
  std::optional<std::string> member_id{};
  std::int32_t member_epoch = 0;
  std::int32_t heartbeat_interval_ms = 0;
  std::optional<Assignment> assignment{};

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    io.field("throttle_time_ms", m.throttle_time_ms);
    io.field("error_code", m.error_code);
    io.field("error_message", m.error_message);
    io.field("member_id", m.member_id);
    io.field("member_epoch", m.member_epoch);
    io.field("heartbeat_interval_ms", m.heartbeat_interval_ms);
    io.nullable("assignment", m.assignment);
    io.tags();
  }
};

}  // namespace millrace::protocol
