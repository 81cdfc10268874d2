#pragma once
// Produce: append record batches to partitions. `records` is borrowed from the frame and mutable, because the broker
// stamps base offset and leader epoch in place. acks is 0 (no answer at all), 1 or -1. From 10 on an answer may name
// another leader in tagged fields, of which there is none here; 11 and 12 are about transactions. 13 names topics by
// id (KIP-516).

#include "millrace/protocol/message.hpp"

namespace millrace::protocol {

struct ProduceRequest {
  static constexpr ApiShape shape{.name = "Produce", .key = 0, .oldest = 3, .newest = 13, .flexible_from = 9};

  struct Partition {
    std::int32_t index = 0;
    std::optional<MutableBytes> records{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("index", m.index);
      io.field("records", m.records);
      io.tags();
    }
  };

  struct Topic {
    std::string name{};  // up to 12
    Uuid topic_id{};     // since 13
    std::vector<Partition> partition_data{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      if (io.version() <= 12) io.field("name", m.name);
      if (io.version() >= 13) io.field("topic_id", m.topic_id);
      io.field("partition_data", m.partition_data);
      io.tags();
    }
  };

  std::optional<std::string> transactional_id{};
  std::int16_t acks = 0;
  std::int32_t timeout_ms = 0;
  std::vector<Topic> topic_data{};

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    io.field("transactional_id", m.transactional_id);
    io.field("acks", m.acks);
    io.field("timeout_ms", m.timeout_ms);
    io.field("topic_data", m.topic_data);
    io.tags();
  }
};

struct ProduceResponse {
  static constexpr ApiShape shape = ProduceRequest::shape;

  struct RecordError {
    std::int32_t batch_index = 0;
    std::optional<std::string> batch_index_error_message{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("batch_index", m.batch_index);
      io.field("batch_index_error_message", m.batch_index_error_message);
      io.tags();
    }
  };

  struct Partition {
    std::int32_t index = 0;
    ErrorCode error_code = ErrorCode::none;
    std::int64_t base_offset = 0;
    std::int64_t log_append_time_ms = -1;
    std::int64_t log_start_offset = -1;          // since 5
    std::vector<RecordError> record_errors{};    // since 8
    std::optional<std::string> error_message{};  // since 8

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("index", m.index);
      io.field("error_code", m.error_code);
      io.field("base_offset", m.base_offset);
      io.field("log_append_time_ms", m.log_append_time_ms);
      if (io.version() >= 5) io.field("log_start_offset", m.log_start_offset);
      if (io.version() >= 8) {
        io.field("record_errors", m.record_errors);
        io.field("error_message", m.error_message);
      }
      io.tags();
    }
  };

  struct Topic {
    std::string name{};  // up to 12
    Uuid topic_id{};     // since 13
    std::vector<Partition> partition_responses{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      if (io.version() <= 12) io.field("name", m.name);
      if (io.version() >= 13) io.field("topic_id", m.topic_id);
      io.field("partition_responses", m.partition_responses);
      io.tags();
    }
  };

  std::vector<Topic> responses{};
  std::int32_t throttle_time_ms = 0;

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    io.field("responses", m.responses);
    io.field("throttle_time_ms", m.throttle_time_ms);
    io.tags();
  }
};

}  // namespace millrace::protocol
