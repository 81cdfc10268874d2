#pragma once
// CreateTopics: -1 partitions or replicas ask for the broker's default (since 4); explicit assignments exclude both.

#include "millrace/protocol/message.hpp"

namespace millrace::protocol {

struct CreateTopicsRequest {
  static constexpr ApiShape shape{.name = "CreateTopics", .key = 19, .oldest = 2, .newest = 7, .flexible_from = 5};

  struct Assignment {
    std::int32_t partition_index = 0;
    std::vector<std::int32_t> broker_ids{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("partition_index", m.partition_index);
      io.field("broker_ids", m.broker_ids);
      io.tags();
    }
  };

  struct Config {
    std::string name{};
    std::optional<std::string> value{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("name", m.name);
      io.field("value", m.value);
      io.tags();
    }
  };

  struct Topic {
    std::string name{};
    std::int32_t num_partitions = 0;
    std::int16_t replication_factor = 0;
    std::vector<Assignment> assignments{};
    std::vector<Config> configs{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("name", m.name);
      io.field("num_partitions", m.num_partitions);
      io.field("replication_factor", m.replication_factor);
      io.field("assignments", m.assignments);
      io.field("configs", m.configs);
      io.tags();
    }
  };

  std::vector<Topic> topics{};
  std::int32_t timeout_ms = 60'000;
  bool validate_only = false;

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    io.field("topics", m.topics);
    io.field("timeout_ms", m.timeout_ms);
    io.field("validate_only", m.validate_only);
    io.tags();
  }
};

struct CreateTopicsResponse {
  static constexpr ApiShape shape = CreateTopicsRequest::shape;

  struct Config {
    std::string name{};
    std::optional<std::string> value{};
    bool read_only = false;
    std::int8_t config_source = -1;
    bool is_sensitive = false;

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("name", m.name);
      io.field("value", m.value);
      io.field("read_only", m.read_only);
      io.field("config_source", m.config_source);
      io.field("is_sensitive", m.is_sensitive);
      io.tags();
    }
  };

  struct Topic {
    std::string name{};
    Uuid topic_id{};  // since 7
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message{};
    ErrorCode topic_config_error_code = ErrorCode::none;        // since 5, tagged
    std::int32_t num_partitions = -1;                           // since 5
    std::int16_t replication_factor = -1;                       // since 5
    std::optional<std::vector<Config>> configs{std::in_place};  // since 5

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("name", m.name);
      if (io.version() >= 7) io.field("topic_id", m.topic_id);
      io.field("error_code", m.error_code);
      io.field("error_message", m.error_message);
      if (io.version() >= 5) {
        io.field("num_partitions", m.num_partitions);
        io.field("replication_factor", m.replication_factor);
        io.field("configs", m.configs);
      }
      io.tags(
          tag(0, "topic_config_error_code", m.topic_config_error_code, m.topic_config_error_code != ErrorCode::none));
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
