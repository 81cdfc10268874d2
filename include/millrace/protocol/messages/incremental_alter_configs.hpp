#pragma once
// IncrementalAlterConfigs: changes single configurations (0 set, 1 delete, 2 append to a list, 3 subtract).

#include "millrace/protocol/message.hpp"

namespace millrace::protocol {

struct IncrementalAlterConfigsRequest {
  static constexpr ApiShape shape{
      .name = "IncrementalAlterConfigs", .key = 44, .oldest = 0, .newest = 1, .flexible_from = 1};

  struct Config {
    std::string name{};
    std::int8_t config_operation = 0;
    std::optional<std::string> value{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("name", m.name);
      io.field("config_operation", m.config_operation);
      io.field("value", m.value);
      io.tags();
    }
  };

  struct Resource {
    std::int8_t resource_type = 0;
    std::string resource_name{};
    std::vector<Config> configs{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("resource_type", m.resource_type);
      io.field("resource_name", m.resource_name);
      io.field("configs", m.configs);
      io.tags();
    }
  };

  std::vector<Resource> resources{};
  bool validate_only = false;

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    io.field("resources", m.resources);
    io.field("validate_only", m.validate_only);
    io.tags();
  }
};

struct IncrementalAlterConfigsResponse {
  static constexpr ApiShape shape = IncrementalAlterConfigsRequest::shape;

  struct Response {
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message{};
    std::int8_t resource_type = 0;
    std::string resource_name{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("error_code", m.error_code);
      io.field("error_message", m.error_message);
      io.field("resource_type", m.resource_type);
      io.field("resource_name", m.resource_name);
      io.tags();
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Response> responses{};

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    io.field("throttle_time_ms", m.throttle_time_ms);
    io.field("responses", m.responses);
    io.tags();
  }
};

}  // namespace millrace::protocol
