#pragma once
// DescribeLogDirs: how large each partition is, and how much room the directory has that holds them. Null topics ask
// for all.

#include "millrace/protocol/message.hpp"

namespace millrace::protocol {

struct DescribeLogDirsRequest {
  static constexpr ApiShape shape{.name = "DescribeLogDirs", .key = 35, .oldest = 1, .newest = 5, .flexible_from = 2};

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

  std::optional<std::vector<Topic>> topics{};

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    io.field("topics", m.topics);
    io.tags();
  }
};

struct DescribeLogDirsResponse {
  static constexpr ApiShape shape = DescribeLogDirsRequest::shape;

  struct Partition {
    std::int32_t partition_index = 0;
    std::int64_t partition_size = 0;
    std::int64_t offset_lag = 0;
    bool is_future_key = false;

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("partition_index", m.partition_index);
      io.field("partition_size", m.partition_size);
      io.field("offset_lag", m.offset_lag);
      io.field("is_future_key", m.is_future_key);
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

  struct Result {
    ErrorCode error_code = ErrorCode::none;
    std::string log_dir{};
    std::vector<Topic> topics{};
    std::int64_t total_bytes = -1;   // since 4
    std::int64_t usable_bytes = -1;  // since 4
    bool is_cordoned = false;        // since 5

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("error_code", m.error_code);
      io.field("log_dir", m.log_dir);
      io.field("topics", m.topics);
      if (io.version() >= 4) {
        io.field("total_bytes", m.total_bytes);
        io.field("usable_bytes", m.usable_bytes);
      }
      if (io.version() >= 5) io.field("is_cordoned", m.is_cordoned);
      io.tags();
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;  // since 3
  std::vector<Result> results{};

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    io.field("throttle_time_ms", m.throttle_time_ms);
    if (io.version() >= 3) io.field("error_code", m.error_code);
    io.field("results", m.results);
    io.tags();
  }
};

}  // namespace millrace::protocol
