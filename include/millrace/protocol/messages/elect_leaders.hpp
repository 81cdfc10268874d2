#pragma once
// ElectLeaders: asks for leaders to be chosen anew. Null partitions: all.

#include "millrace/protocol/message.hpp"

namespace millrace::protocol {

struct ElectLeadersRequest {
  static constexpr ApiShape shape{.name = "ElectLeaders", .key = 43, .oldest = 0, .newest = 2, .flexible_from = 2};

  struct Topic {
    std::string topic{};
    std::vector<std::int32_t> partitions{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("topic", m.topic);
      io.field("partitions", m.partitions);
      io.tags();
    }
  };

  std::int8_t election_type = 0;  // since 1
  std::optional<std::vector<Topic>> topic_partitions{};
  std::int32_t timeout_ms = 60'000;

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    if (io.version() >= 1) io.field("election_type", m.election_type);
    io.field("topic_partitions", m.topic_partitions);
    io.field("timeout_ms", m.timeout_ms);
    io.tags();
  }
};

struct ElectLeadersResponse {
  static constexpr ApiShape shape = ElectLeadersRequest::shape;

  struct Partition {
    std::int32_t partition_id = 0;
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("partition_id", m.partition_id);
      io.field("error_code", m.error_code);
      io.field("error_message", m.error_message);
      io.tags();
    }
  };

  struct Topic {
    std::string topic{};
    std::vector<Partition> partition_result{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("topic", m.topic);
      io.field("partition_result", m.partition_result);
      io.tags();
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;  // since 1
  std::vector<Topic> replica_election_results{};

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    io.field("throttle_time_ms", m.throttle_time_ms);
    if (io.version() >= 1) io.field("error_code", m.error_code);
    io.field("replica_election_results", m.replica_election_results);
    io.tags();
  }
};

}  // namespace millrace::protocol
