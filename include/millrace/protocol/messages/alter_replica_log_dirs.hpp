#pragma once
// AlterReplicaLogDirs: moves partitions of a broker to another of its directories (KIP-113).

#include "millrace/protocol/message.hpp"

namespace millrace::protocol {

struct AlterReplicaLogDirsRequest {
  static constexpr ApiShape shape{
      .name = "AlterReplicaLogDirs", .key = 34, .oldest = 1, .newest = 2, .flexible_from = 2};

  struct Topic {
    std::string name{};
    std::vector<std::int32_t> partitions{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("name", m.name);
      io.field("partitions", m.partitions);
      io.tags();
    }
  };

  struct Directory {
    std::string path{};
    std::vector<Topic> topics{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("path", m.path);
      io.field("topics", m.topics);
      io.tags();
    }
  };

  std::vector<Directory> dirs{};

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    io.field("dirs", m.dirs);
    io.tags();
  }
};

struct AlterReplicaLogDirsResponse {
  static constexpr ApiShape shape = AlterReplicaLogDirsRequest::shape;

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
    std::string topic_name{};
    std::vector<Partition> partitions{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("topic_name", m.topic_name);
      io.field("partitions", m.partitions);
      io.tags();
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Topic> results{};

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    io.field("throttle_time_ms", m.throttle_time_ms);
    io.field("results", m.results);
    io.tags();
  }
};

}  // namespace millrace::protocol
