#pragma once
// AlterPartitionReassignments: moves partitions to other brokers. Null replicas: give up the move.

#include "millrace/protocol/message.hpp"

namespace millrace::protocol {

struct AlterPartitionReassignmentsRequest {
  static constexpr ApiShape shape{
      .name = "AlterPartitionReassignments", .key = 45, .oldest = 0, .newest = 1, .flexible_from = 0};

  struct Partition {
    std::int32_t partition_index = 0;
    std::optional<std::vector<std::int32_t>> replicas{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("partition_index", m.partition_index);
      io.field("replicas", m.replicas);
      io.tags();
    }
  };

  struct Topic {
    std::string name{};
    std::vector<Partition> partitions{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("name", m.name);
      io.field("partitions", m.partitions);
      io.tags();
    }
  };

  std::int32_t timeout_ms = 60'000;
  bool allow_replication_factor_change = true;  // since 1
  std::vector<Topic> topics{};

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    io.field("timeout_ms", m.timeout_ms);
    if (io.version() >= 1) io.field("allow_replication_factor_change", m.allow_replication_factor_change);
    io.field("topics", m.topics);
    io.tags();
  }
};

struct AlterPartitionReassignmentsResponse {
  static constexpr ApiShape shape = AlterPartitionReassignmentsRequest::shape;

  struct Partition {
    std::int32_t partition_index = 0;
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("partition_index", m.partition_index);
      io.field("error_code", m.error_code);
      io.field("error_message", m.error_message);
      io.tags();
    }
  };

  struct Topic {
    std::string name{};
    std::vector<Partition> partitions{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("name", m.name);
      io.field("partitions", m.partitions);
      io.tags();
    }
  };

  std::int32_t throttle_time_ms = 0;
  bool allow_replication_factor_change = true;  // since 1
  ErrorCode error_code = ErrorCode::none;
  std::optional<std::string> error_message{};
  std::vector<Topic> responses{};

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    io.field("throttle_time_ms", m.throttle_time_ms);
    if (io.version() >= 1) io.field("allow_replication_factor_change", m.allow_replication_factor_change);
    io.field("error_code", m.error_code);
    io.field("error_message", m.error_message);
    io.field("responses", m.responses);
    io.tags();
  }
};

}  // namespace millrace::protocol
