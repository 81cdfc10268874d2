#pragma once
// DeleteRecords: moves the log start up to `offset`; -1 means the high watermark.

#include "millrace/protocol/message.hpp"

namespace millrace::protocol {

struct DeleteRecordsRequest {
  static constexpr ApiShape shape{.name = "DeleteRecords", .key = 21, .oldest = 0, .newest = 2, .flexible_from = 2};

  struct Partition {
    std::int32_t partition_index = 0;
    std::int64_t offset = 0;

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("partition_index", m.partition_index);
      io.field("offset", m.offset);
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

  std::vector<Topic> topics{};
  std::int32_t timeout_ms = 0;

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    io.field("topics", m.topics);
    io.field("timeout_ms", m.timeout_ms);
    io.tags();
  }
};

struct DeleteRecordsResponse {
  static constexpr ApiShape shape = DeleteRecordsRequest::shape;

  struct Partition {
    std::int32_t partition_index = 0;
    std::int64_t low_watermark = -1;
    ErrorCode error_code = ErrorCode::none;

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("partition_index", m.partition_index);
      io.field("low_watermark", m.low_watermark);
      io.field("error_code", m.error_code);
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
  std::vector<Topic> topics{};

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    io.field("throttle_time_ms", m.throttle_time_ms);
    io.field("topics", m.topics);
    io.tags();
  }
};

}  // namespace millrace::protocol
