#pragma once
// Metadata: brokers, topics, partitions and who leads them. In version 0 an empty topic list asks for all topics;
// from 1 on null does, and an empty list asks for none.

#include "millrace/protocol/message.hpp"

namespace millrace::protocol {

struct MetadataRequest {
  static constexpr ApiShape shape{.name = "Metadata", .key = 3, .oldest = 0, .newest = 13, .flexible_from = 9};

  struct Topic {
    Uuid topic_id{};  // since 10
    std::optional<std::string> name{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      if (io.version() >= 10) io.field("topic_id", m.topic_id);
      io.nullable_from(10, "name", m.name);
      io.tags();
    }
  };

  std::optional<std::vector<Topic>> topics{};
  bool allow_auto_topic_creation = true;               // since 4
  bool include_cluster_authorized_operations = false;  // 8 to 10
  bool include_topic_authorized_operations = false;    // since 8

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    io.nullable_from(1, "topics", m.topics);
    if (io.version() >= 4) io.field("allow_auto_topic_creation", m.allow_auto_topic_creation);
    if (io.version() >= 8 && io.version() <= 10)
      io.field("include_cluster_authorized_operations", m.include_cluster_authorized_operations);
    if (io.version() >= 8) io.field("include_topic_authorized_operations", m.include_topic_authorized_operations);
    io.tags();
  }
};

struct MetadataResponse {
  static constexpr ApiShape shape = MetadataRequest::shape;

  struct Broker {
    std::int32_t node_id = 0;
    std::string host{};
    std::int32_t port = 0;
    std::optional<std::string> rack{};  // since 1

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("node_id", m.node_id);
      io.field("host", m.host);
      io.field("port", m.port);
      if (io.version() >= 1) io.field("rack", m.rack);
      io.tags();
    }
  };

  struct Partition {
    ErrorCode error_code = ErrorCode::none;
    std::int32_t partition_index = 0;
    std::int32_t leader_id = 0;
    std::int32_t leader_epoch = -1;  // since 7
    std::vector<std::int32_t> replica_nodes{};
    std::vector<std::int32_t> isr_nodes{};
    std::vector<std::int32_t> offline_replicas{};  // since 5

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("error_code", m.error_code);
      io.field("partition_index", m.partition_index);
      io.field("leader_id", m.leader_id);
      if (io.version() >= 7) io.field("leader_epoch", m.leader_epoch);
      io.field("replica_nodes", m.replica_nodes);
      io.field("isr_nodes", m.isr_nodes);
      if (io.version() >= 5) io.field("offline_replicas", m.offline_replicas);
      io.tags();
    }
  };

  struct Topic {
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> name{};
    Uuid topic_id{};           // since 10
    bool is_internal = false;  // since 1
    std::vector<Partition> partitions{};
    std::int32_t topic_authorized_operations = operations_not_asked;  // since 8

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("error_code", m.error_code);
      io.nullable_from(12, "name", m.name);
      if (io.version() >= 10) io.field("topic_id", m.topic_id);
      if (io.version() >= 1) io.field("is_internal", m.is_internal);
      io.field("partitions", m.partitions);
      if (io.version() >= 8) io.field("topic_authorized_operations", m.topic_authorized_operations);
      io.tags();
    }
  };

  std::int32_t throttle_time_ms = 0;  // since 3
  std::vector<Broker> brokers{};
  std::optional<std::string> cluster_id{};  // since 2
  std::int32_t controller_id = -1;          // since 1
  std::vector<Topic> topics{};
  std::int32_t cluster_authorized_operations = operations_not_asked;  // 8 to 10
  ErrorCode error_code = ErrorCode::none;                             // since 13

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    if (io.version() >= 3) io.field("throttle_time_ms", m.throttle_time_ms);
    io.field("brokers", m.brokers);
    if (io.version() >= 2) io.field("cluster_id", m.cluster_id);
    if (io.version() >= 1) io.field("controller_id", m.controller_id);
    io.field("topics", m.topics);
    if (io.version() >= 8 && io.version() <= 10)
      io.field("cluster_authorized_operations", m.cluster_authorized_operations);
    if (io.version() >= 13) io.field("error_code", m.error_code);
    io.tags();
  }
};

}  // namespace millrace::protocol
