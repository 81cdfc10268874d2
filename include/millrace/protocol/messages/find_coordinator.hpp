#pragma once
// FindCoordinator: which broker looks after a group (key_type 0) or a transactional id (1). One key up to version 3,
// several from 4 on. 5 may answer with an error code more, 6 may ask for the state of a share group (2).

#include "millrace/protocol/message.hpp"

namespace millrace::protocol {

struct FindCoordinatorRequest {
  static constexpr ApiShape shape{.name = "FindCoordinator", .key = 10, .oldest = 0, .newest = 6, .flexible_from = 3};

  std::string key{};                            // up to 3
  std::int8_t key_type = 0;                     // since 1
  std::vector<std::string> coordinator_keys{};  // since 4

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    if (io.version() <= 3) io.field("key", m.key);
    if (io.version() >= 1) io.field("key_type", m.key_type);
    if (io.version() >= 4) io.field("coordinator_keys", m.coordinator_keys);
    io.tags();
  }
};

struct FindCoordinatorResponse {
  static constexpr ApiShape shape = FindCoordinatorRequest::shape;

  struct Coordinator {
    std::string key{};
    std::int32_t node_id = -1;
    std::string host{};
    std::int32_t port = -1;
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("key", m.key);
      io.field("node_id", m.node_id);
      io.field("host", m.host);
      io.field("port", m.port);
      io.field("error_code", m.error_code);
      io.field("error_message", m.error_message);
      io.tags();
    }
  };

  std::int32_t throttle_time_ms = 0;           // since 1
  ErrorCode error_code = ErrorCode::none;      // up to 3
  std::optional<std::string> error_message{};  // 1 to 3
  std::int32_t node_id = -1;                   // up to 3
  std::string host{};                          // up to 3
  std::int32_t port = -1;                      // up to 3
  std::vector<Coordinator> coordinators{};     // since 4

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    if (io.version() >= 1) io.field("throttle_time_ms", m.throttle_time_ms);
    if (io.version() <= 3) io.field("error_code", m.error_code);
    if (io.version() >= 1 && io.version() <= 3) io.field("error_message", m.error_message);
    if (io.version() <= 3) {
      io.field("node_id", m.node_id);
      io.field("host", m.host);
      io.field("port", m.port);
    }
    if (io.version() >= 4) io.field("coordinators", m.coordinators);
    io.tags();
  }
};

}  // namespace millrace::protocol
