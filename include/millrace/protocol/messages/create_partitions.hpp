#pragma once
// CreatePartitions: raises the number of partitions of topics to `count`.

#include "millrace/protocol/message.hpp"

namespace millrace::protocol {

struct CreatePartitionsRequest {
  static constexpr ApiShape shape{.name = "CreatePartitions", .key = 37, .oldest = 0, .newest = 3, .flexible_from = 2};

  struct Assignment {
    std::vector<std::int32_t> broker_ids{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("broker_ids", m.broker_ids);
      io.tags();
    }
  };

  struct Topic {
    std::string name{};
    std::int32_t count = 0;
    std::optional<std::vector<Assignment>> assignments{};  // of the new partitions; null: the broker's choice

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("name", m.name);
      io.field("count", m.count);
      io.field("assignments", m.assignments);
      io.tags();
    }
  };

  std::vector<Topic> topics{};
  std::int32_t timeout_ms = 0;
  bool validate_only = false;

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    io.field("topics", m.topics);
    io.field("timeout_ms", m.timeout_ms);
    io.field("validate_only", m.validate_only);
    io.tags();
  }
};

struct CreatePartitionsResponse {
  static constexpr ApiShape shape = CreatePartitionsRequest::shape;

  struct Result {
    std::string name{};
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("name", m.name);
      io.field("error_code", m.error_code);
      io.field("error_message", m.error_message);
      io.tags();
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Result> results{};

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    io.field("throttle_time_ms", m.throttle_time_ms);
    io.field("results", m.results);
    io.tags();
  }
};

}  // namespace millrace::protocol
