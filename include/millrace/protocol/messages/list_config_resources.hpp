#pragma once
// ListConfigResources: the names of everything that has configurations. Version 0 asks for client metrics alone; later
// ones say which types they want, none meaning all.

#include "millrace/protocol/message.hpp"

namespace millrace::protocol {

struct ListConfigResourcesRequest {
  static constexpr ApiShape shape{
      .name = "ListConfigResources", .key = 74, .oldest = 0, .newest = 1, .flexible_from = 0};

  std::vector<std::int8_t> resource_types{};  // since 1

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    if (io.version() >= 1) io.field("resource_types", m.resource_types);
    io.tags();
  }
};

struct ListConfigResourcesResponse {
  static constexpr ApiShape shape = ListConfigResourcesRequest::shape;

  struct ConfigResource {
    std::string resource_name{};
    std::int8_t resource_type = 16;  // since 1; before, all are of client metrics

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("resource_name", m.resource_name);
      if (io.version() >= 1) io.field("resource_type", m.resource_type);
      io.tags();
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::vector<ConfigResource> config_resources{};

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    io.field("throttle_time_ms", m.throttle_time_ms);
    io.field("error_code", m.error_code);
    io.field("config_resources", m.config_resources);
    io.tags();
  }
};

}  // namespace millrace::protocol
