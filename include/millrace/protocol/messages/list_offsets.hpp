#pragma once
// ListOffsets: the offset that belongs to a timestamp. Timestamp -1 asks for the latest, -2 for the earliest, -3
// (since 7) for the record with the highest timestamp. An answer of offset -1 means that there is none. The others are
// about tiered storage: -4 (since 8) for the earliest that is not only there, -5 (since 9) for the latest that is
// there, -6 (since 11) for the earliest that is to go there.

#include "millrace/protocol/message.hpp"

namespace millrace::protocol {

struct ListOffsetsRequest {
  static constexpr ApiShape shape{.name = "ListOffsets", .key = 2, .oldest = 1, .newest = 11, .flexible_from = 6};

  struct Partition {
    std::int32_t partition_index = 0;
    std::int32_t current_leader_epoch = -1;  // since 4
    std::int64_t timestamp = 0;

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("partition_index", m.partition_index);
      if (io.version() >= 4) io.field("current_leader_epoch", m.current_leader_epoch);
      io.field("timestamp", m.timestamp);
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

  std::int32_t replica_id = -1;
  std::int8_t isolation_level = 0;  // since 2
  std::vector<Topic> topics{};
  std::int32_t timeout_ms = 0;  // since 10

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    io.field("replica_id", m.replica_id);
    if (io.version() >= 2) io.field("isolation_level", m.isolation_level);
    io.field("topics", m.topics);
    if (io.version() >= 10) io.field("timeout_ms", m.timeout_ms);
    io.tags();
  }
};

struct ListOffsetsResponse {
  static constexpr ApiShape shape = ListOffsetsRequest::shape;

  struct Partition {
    std::int32_t partition_index = 0;
    ErrorCode error_code = ErrorCode::none;
    std::int64_t timestamp = -1;
    std::int64_t offset = -1;
    std::int32_t leader_epoch = -1;  // since 4

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("partition_index", m.partition_index);
      io.field("error_code", m.error_code);
      io.field("timestamp", m.timestamp);
      io.field("offset", m.offset);
      if (io.version() >= 4) io.field("leader_epoch", m.leader_epoch);
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

  std::int32_t throttle_time_ms = 0;  // since 2
  std::vector<Topic> topics{};

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    if (io.version() >= 2) io.field("throttle_time_ms", m.throttle_time_ms);
    io.field("topics", m.topics);
    io.tags();
  }
};

}  // namespace millrace::protocol
