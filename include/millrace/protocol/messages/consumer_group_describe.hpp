#pragma once
// ConsumerGroupDescribe: consumer groups (KIP-848) with what their members have and are to have.

#include "millrace/protocol/message.hpp"

namespace millrace::protocol {

struct ConsumerGroupDescribeRequest {
  static constexpr ApiShape shape{
      .name = "ConsumerGroupDescribe", .key = 69, .oldest = 0, .newest = 1, .flexible_from = 0};

  std::vector<std::string> group_ids{};
  bool include_authorized_operations = false;

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    io.field("group_ids", m.group_ids);
    io.field("include_authorized_operations", m.include_authorized_operations);
    io.tags();
  }
};

struct ConsumerGroupDescribeResponse {
  static constexpr ApiShape shape = ConsumerGroupDescribeRequest::shape;

  struct TopicPartitions {
    Uuid topic_id{};
    std::string topic_name{};
    std::vector<std::int32_t> partitions{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("topic_id", m.topic_id);
      io.field("topic_name", m.topic_name);
      io.field("partitions", m.partitions);
      io.tags();
    }
  };

  struct Assignment {
    std::vector<TopicPartitions> topic_partitions{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("topic_partitions", m.topic_partitions);
      io.tags();
    }
  };

  struct Member {
    std::string member_id{};
    std::optional<std::string> instance_id{};
    std::optional<std::string> rack_id{};
    std::int32_t member_epoch = 0;
    std::string client_id{};
    std::string client_host{};
    std::vector<std::string> subscribed_topic_names{};
    std::optional<std::string> subscribed_topic_regex{};
    Assignment assignment{};
    Assignment target_assignment{};
    std::int8_t member_type = -1;  // since 1; 0: uses the classic protocol, 1: uses the consumer protocol

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("member_id", m.member_id);
      io.field("instance_id", m.instance_id);
      io.field("rack_id", m.rack_id);
      io.field("member_epoch", m.member_epoch);
      io.field("client_id", m.client_id);
      io.field("client_host", m.client_host);
      io.field("subscribed_topic_names", m.subscribed_topic_names);
      io.field("subscribed_topic_regex", m.subscribed_topic_regex);
      io.field("assignment", m.assignment);
      io.field("target_assignment", m.target_assignment);
      if (io.version() >= 1) io.field("member_type", m.member_type);
      io.tags();
    }
  };

  struct Group {
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message{};
    std::string group_id{};
    std::string group_state{};
    std::int32_t group_epoch = 0;
    std::int32_t assignment_epoch = 0;
    std::string assignor_name{};
    std::vector<Member> members{};
    std::int32_t authorized_operations = operations_not_asked;

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("error_code", m.error_code);
      io.field("error_message", m.error_message);
      io.field("group_id", m.group_id);
      io.field("group_state", m.group_state);
      io.field("group_epoch", m.group_epoch);
      io.field("assignment_epoch", m.assignment_epoch);
      io.field("assignor_name", m.assignor_name);
      io.field("members", m.members);
      io.field("authorized_operations", m.authorized_operations);
      io.tags();
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Group> groups{};

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    io.field("throttle_time_ms", m.throttle_time_ms);
    io.field("groups", m.groups);
    io.tags();
  }
};

}  // namespace millrace::protocol
