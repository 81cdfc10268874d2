#pragma once
// OffsetFetch: committed offsets. Up to version 7 for one group, since version 8 for several. Null topics ask for all
// (since 2). Where nothing is committed the answer is offset -1, metadata "", and no error. Since 10 topics go by id
// (KIP-516).

#include "millrace/protocol/message.hpp"

namespace millrace::protocol {

struct OffsetFetchRequest {
  static constexpr ApiShape shape{.name = "OffsetFetch", .key = 9, .oldest = 1, .newest = 10, .flexible_from = 6};

  struct Topic {
    std::string name{};  // up to 9
    Uuid topic_id{};     // since 10
    std::vector<std::int32_t> partition_indexes{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      if (io.version() <= 9) io.field("name", m.name);
      if (io.version() >= 10) io.field("topic_id", m.topic_id);
      io.field("partition_indexes", m.partition_indexes);
      io.tags();
    }
  };

  struct Group {
    std::string group_id{};
    std::optional<std::string> member_id{};  // since 9
    std::int32_t member_epoch = -1;          // since 9
    std::optional<std::vector<Topic>> topics{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("group_id", m.group_id);
      if (io.version() >= 9) io.field("member_id", m.member_id);
      if (io.version() >= 9) io.field("member_epoch", m.member_epoch);
      io.field("topics", m.topics);
      io.tags();
    }
  };

  std::string group_id{};                      // up to 7
  std::optional<std::vector<Topic>> topics{};  // up to 7
  std::vector<Group> groups{};                 // since 8
  bool require_stable = false;                 // since 7

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    if (io.version() <= 7) {
      io.field("group_id", m.group_id);
      io.nullable_from(2, "topics", m.topics);
    }
    if (io.version() >= 8) io.field("groups", m.groups);
    if (io.version() >= 7) io.field("require_stable", m.require_stable);
    io.tags();
  }
};

struct OffsetFetchResponse {
  static constexpr ApiShape shape = OffsetFetchRequest::shape;

  struct Partition {
    std::int32_t partition_index = 0;
    std::int64_t committed_offset = -1;
    std::int32_t committed_leader_epoch = -1;  // since 5
    std::optional<std::string> metadata = "";
    ErrorCode error_code = ErrorCode::none;

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("partition_index", m.partition_index);
      io.field("committed_offset", m.committed_offset);
      if (io.version() >= 5) io.field("committed_leader_epoch", m.committed_leader_epoch);
      io.field("metadata", m.metadata);
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

  struct Group {
    std::string group_id{};
    std::vector<Topic> topics{};
    ErrorCode error_code = ErrorCode::none;

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("group_id", m.group_id);
      io.field("topics", m.topics);
      io.field("error_code", m.error_code);
      io.tags();
    }
  };

  std::int32_t throttle_time_ms = 0;       // since 3
  std::vector<Topic> topics{};             // up to 7
  ErrorCode error_code = ErrorCode::none;  // 2 to 7
  std::vector<Group> groups{};             // since 8

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    if (io.version() >= 3) io.field("throttle_time_ms", m.throttle_time_ms);
    if (io.version() <= 7) io.field("topics", m.topics);
    if (io.version() >= 2 && io.version() <= 7) io.field("error_code", m.error_code);
    if (io.version() >= 8) io.field("groups", m.groups);
    io.tags();
  }
};

}  // namespace millrace::protocol
