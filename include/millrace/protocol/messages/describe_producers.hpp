#pragma once
// DescribeProducers: the idempotent and transactional producers that a partition remembers.

#include "millrace/protocol/message.hpp"

namespace millrace::protocol {

struct DescribeProducersRequest {
  static constexpr ApiShape shape{.name = "DescribeProducers", .key = 61, .oldest = 0, .newest = 0, .flexible_from = 0};

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

  std::vector<Topic> topics{};

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    io.field("topics", m.topics);
    io.tags();
  }
};

struct DescribeProducersResponse {
  static constexpr ApiShape shape = DescribeProducersRequest::shape;

  struct Producer {
    std::int64_t producer_id = 0;
    std::int32_t producer_epoch = 0;
    std::int32_t last_sequence = -1;
    std::int64_t last_timestamp = -1;
    std::int32_t coordinator_epoch = 0;
    std::int64_t current_txn_start_offset = -1;

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("producer_id", m.producer_id);
      io.field("producer_epoch", m.producer_epoch);
      io.field("last_sequence", m.last_sequence);
      io.field("last_timestamp", m.last_timestamp);
      io.field("coordinator_epoch", m.coordinator_epoch);
      io.field("current_txn_start_offset", m.current_txn_start_offset);
      io.tags();
    }
  };

  struct Partition {
    std::int32_t partition_index = 0;
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message{};
    std::vector<Producer> active_producers{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("partition_index", m.partition_index);
      io.field("error_code", m.error_code);
      io.field("error_message", m.error_message);
      io.field("active_producers", m.active_producers);
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
