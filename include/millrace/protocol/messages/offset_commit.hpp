#pragma once
// OffsetCommit: how far a group has read. Generation -1 with an empty member id is a commit without membership. Since 9
// it may be a member epoch (KIP-848), since 10 topics go by id (KIP-516).

#include "millrace/protocol/message.hpp"

namespace millrace::protocol {

struct OffsetCommitRequest {
  static constexpr ApiShape shape{.name = "OffsetCommit", .key = 8, .oldest = 2, .newest = 10, .flexible_from = 8};

  struct Partition {
    std::int32_t partition_index = 0;
    std::int32_t committed_leader_epoch = -1;  // since 6
    std::int64_t committed_offset = 0;
    std::optional<std::string> committed_metadata{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("partition_index", m.partition_index);
      io.field("committed_offset", m.committed_offset);
      if (io.version() >= 6) io.field("committed_leader_epoch", m.committed_leader_epoch);
      io.field("committed_metadata", m.committed_metadata);
      io.tags();
    }
  };

  struct Topic {
    std::string name{};  // up to 9
    Uuid topic_id{};     // since 10
    std::vector<Partition> partitions{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      if (io.version() <= 9) io.field("name", m.name);
      if (io.version() >= 10) io.field("topic_id", m.topic_id);
      io.field("partitions", m.partitions);
      io.tags();
    }
  };

  std::string group_id{};
  std::int32_t generation_id = -1;
  std::string member_id{};
  std::optional<std::string> group_instance_id{};  // since 7
  std::int64_t retention_time_ms = -1;             // up to 4
  std::vector<Topic> topics{};

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    io.field("group_id", m.group_id);
    io.field("generation_id", m.generation_id);
    io.field("member_id", m.member_id);
    if (io.version() >= 7) io.field("group_instance_id", m.group_instance_id);
    if (io.version() <= 4) io.field("retention_time_ms", m.retention_time_ms);
    io.field("topics", m.topics);
    io.tags();
  }
};

struct OffsetCommitResponse {
  static constexpr ApiShape shape = OffsetCommitRequest::shape;

  struct Partition {
    std::int32_t partition_index = 0;
    ErrorCode error_code = ErrorCode::none;

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("partition_index", m.partition_index);
      io.field("error_code", m.error_code);
      io.tags();
    }
  };

  struct Topic {
    std::string name{};  // up to 9
    Uuid topic_id{};     // since 10
    std::vector<Partition> partitions{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      if (io.version() <= 9) io.field("name", m.name);
      if (io.version() >= 10) io.field("topic_id", m.topic_id);
      io.field("partitions", m.partitions);
      io.tags();
    }
  };

  std::int32_t throttle_time_ms = 0;  // since 3
  std::vector<Topic> topics{};

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    if (io.version() >= 3) io.field("throttle_time_ms", m.throttle_time_ms);
    io.field("topics", m.topics);
    io.tags();
  }
};

}  // namespace millrace::protocol
