#pragma once
// OffsetForLeaderEpoch: where in a partition an epoch ended, so that a consumer finds out whether what it read is still
// in the log. (-1, -1) when nothing is known of the epoch.

#include "millrace/protocol/message.hpp"

namespace millrace::protocol {

struct OffsetForLeaderEpochRequest {
  static constexpr ApiShape shape{
      .name = "OffsetForLeaderEpoch", .key = 23, .oldest = 2, .newest = 4, .flexible_from = 4};

  struct Partition {
    std::int32_t partition = 0;
    std::int32_t current_leader_epoch = -1;
    std::int32_t leader_epoch = 0;

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("partition", m.partition);
      io.field("current_leader_epoch", m.current_leader_epoch);
      io.field("leader_epoch", m.leader_epoch);
      io.tags();
    }
  };

  struct Topic {
    std::string topic{};
    std::vector<Partition> partitions{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("topic", m.topic);
      io.field("partitions", m.partitions);
      io.tags();
    }
  };

  std::int32_t replica_id = -2;  // since 3; -2: before, a consumer could not say that it is one
  std::vector<Topic> topics{};

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    if (io.version() >= 3) io.field("replica_id", m.replica_id);
    io.field("topics", m.topics);
    io.tags();
  }
};

struct OffsetForLeaderEpochResponse {
  static constexpr ApiShape shape = OffsetForLeaderEpochRequest::shape;

  struct Partition {
    ErrorCode error_code = ErrorCode::none;
    std::int32_t partition = 0;
    std::int32_t leader_epoch = -1;
    std::int64_t end_offset = -1;

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("error_code", m.error_code);
      io.field("partition", m.partition);
      io.field("leader_epoch", m.leader_epoch);
      io.field("end_offset", m.end_offset);
      io.tags();
    }
  };

  struct Topic {
    std::string topic{};
    std::vector<Partition> partitions{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("topic", m.topic);
      io.field("partitions", m.partitions);
      io.tags();
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Topic> topics{};

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    io.field("throttle_time_ms", m.throttle_time_ms);
    io.field("topics", m.topics);
    io.tags();
  }
};

}  // namespace millrace::protocol
