#pragma once
// ListPartitionReassignments: the moves of partitions that are under way. Null topics: all.

#include "millrace/protocol/message.hpp"

namespace millrace::protocol {

struct ListPartitionReassignmentsRequest {
  static constexpr ApiShape shape{
      .name = "ListPartitionReassignments", .key = 46, .oldest = 0, .newest = 0, .flexible_from = 0};

  struct Topic {
    std::string name{};
    std::vector<std::int32_t> partition_indexes{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("name", m.name);
      io.field("partition_indexes", m.partition_indexes);
      io.tags();
    }
  };

  std::int32_t timeout_ms = 60'000;
  std::optional<std::vector<Topic>> topics{};

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    io.field("timeout_ms", m.timeout_ms);
    io.field("topics", m.topics);
    io.tags();
  }
};

struct ListPartitionReassignmentsResponse {
  static constexpr ApiShape shape = ListPartitionReassignmentsRequest::shape;

  struct Partition {
    std::int32_t partition_index = 0;
    std::vector<std::int32_t> replicas{};
    std::vector<std::int32_t> adding_replicas{};
    std::vector<std::int32_t> removing_replicas{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("partition_index", m.partition_index);
      io.field("replicas", m.replicas);
      io.field("adding_replicas", m.adding_replicas);
      io.field("removing_replicas", m.removing_replicas);
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
  ErrorCode error_code = ErrorCode::none;
  std::optional<std::string> error_message{};
  std::vector<Topic> topics{};

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    io.field("throttle_time_ms", m.throttle_time_ms);
    io.field("error_code", m.error_code);
    io.field("error_message", m.error_message);
    io.field("topics", m.topics);
    io.tags();
  }
};

}  // namespace millrace::protocol
