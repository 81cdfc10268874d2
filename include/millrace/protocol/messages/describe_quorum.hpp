#pragma once
// DescribeQuorum: who votes on the metadata of the cluster, and how far each has read it (KIP-595). The only partition
// that has an answer is the first of `__cluster_metadata`.

#include "millrace/protocol/message.hpp"

namespace millrace::protocol {

struct DescribeQuorumRequest {
  static constexpr ApiShape shape{.name = "DescribeQuorum", .key = 55, .oldest = 0, .newest = 2, .flexible_from = 0};

  struct Partition {
    std::int32_t partition_index = 0;

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("partition_index", m.partition_index);
      io.tags();
    }
  };

  struct Topic {
    std::string topic_name{};
    std::vector<Partition> partitions{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("topic_name", m.topic_name);
      io.field("partitions", m.partitions);
      io.tags();
    }
  };

  std::vector<Topic> topics{};

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    io.field("topics", m.topics);
    io.tags();
  }
};

struct DescribeQuorumResponse {
  static constexpr ApiShape shape = DescribeQuorumRequest::shape;

  struct ReplicaState {
    std::int32_t replica_id = 0;
    Uuid replica_directory_id{};  // since 2
    std::int64_t log_end_offset = 0;
    std::int64_t last_fetch_timestamp = -1;      // since 1; ms since 1970
    std::int64_t last_caught_up_timestamp = -1;  // since 1

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("replica_id", m.replica_id);
      if (io.version() >= 2) io.field("replica_directory_id", m.replica_directory_id);
      io.field("log_end_offset", m.log_end_offset);
      if (io.version() >= 1) {
        io.field("last_fetch_timestamp", m.last_fetch_timestamp);
        io.field("last_caught_up_timestamp", m.last_caught_up_timestamp);
      }
      io.tags();
    }
  };

  struct Partition {
    std::int32_t partition_index = 0;
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message{};  // since 2
    std::int32_t leader_id = 0;
    std::int32_t leader_epoch = 0;
    std::int64_t high_watermark = 0;
    std::vector<ReplicaState> current_voters{};
    std::vector<ReplicaState> observers{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("partition_index", m.partition_index);
      io.field("error_code", m.error_code);
      if (io.version() >= 2) io.field("error_message", m.error_message);
      io.field("leader_id", m.leader_id);
      io.field("leader_epoch", m.leader_epoch);
      io.field("high_watermark", m.high_watermark);
      io.field("current_voters", m.current_voters);
      io.field("observers", m.observers);
      io.tags();
    }
  };

  struct Topic {
    std::string topic_name{};
    std::vector<Partition> partitions{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("topic_name", m.topic_name);
      io.field("partitions", m.partitions);
      io.tags();
    }
  };

  struct Listener {
    std::string name{};
    std::string host{};
    std::uint16_t port = 0;

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("name", m.name);
      io.field("host", m.host);
      io.field("port", m.port);
      io.tags();
    }
  };

  struct Node {
    std::int32_t node_id = 0;
    std::vector<Listener> listeners{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("node_id", m.node_id);
      io.field("listeners", m.listeners);
      io.tags();
    }
  };

  ErrorCode error_code = ErrorCode::none;
  std::optional<std::string> error_message{};  // since 2
  std::vector<Topic> topics{};
  std::vector<Node> nodes{};  // since 2

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    io.field("error_code", m.error_code);
    if (io.version() >= 2) io.field("error_message", m.error_message);
    io.field("topics", m.topics);
    if (io.version() >= 2) io.field("nodes", m.nodes);
    io.tags();
  }
};

}  // namespace millrace::protocol
