#pragma once
// DeleteTopics: by name, or (since 6) by name or id.

#include "millrace/protocol/message.hpp"

namespace millrace::protocol {

struct DeleteTopicsRequest {
  static constexpr ApiShape shape{.name = "DeleteTopics", .key = 20, .oldest = 1, .newest = 6, .flexible_from = 4};

  struct Topic {
    std::optional<std::string> name{};
    Uuid topic_id{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("name", m.name);
      io.field("topic_id", m.topic_id);
      io.tags();
    }
  };

  std::vector<Topic> topics{};             // since 6
  std::vector<std::string> topic_names{};  // up to 5
  std::int32_t timeout_ms = 0;

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    if (io.version() >= 6) io.field("topics", m.topics);
    if (io.version() <= 5) io.field("topic_names", m.topic_names);
    io.field("timeout_ms", m.timeout_ms);
    io.tags();
  }
};

struct DeleteTopicsResponse {
  static constexpr ApiShape shape = DeleteTopicsRequest::shape;

  struct Topic {
    std::optional<std::string> name{};
    Uuid topic_id{};  // since 6
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message{};  // since 5

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.nullable_from(6, "name", m.name);
      if (io.version() >= 6) io.field("topic_id", m.topic_id);
      io.field("error_code", m.error_code);
      if (io.version() >= 5) io.field("error_message", m.error_message);
      io.tags();
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Topic> responses{};

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    io.field("throttle_time_ms", m.throttle_time_ms);
    io.field("responses", m.responses);
    io.tags();
  }
};

}  // namespace millrace::protocol
