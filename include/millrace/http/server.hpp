#pragma once
// The HTTP door: listens on TCP and on a Unix socket, and answers an operator's requests (docs/http.md).
//
// Owned by app. start() binds everything or fails whole; drain() stops accepting and calls back when the last answer in
// flight has left; close() ends what is left. Any thread may call; nothing here blocks. Strict: what two readers could
// understand differently is refused, and every buffer is bounded.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "millrace/core/endpoint.hpp"
#include "millrace/core/limits.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/metrics/exposition.hpp"
#include "millrace/runtime/io_threads.hpp"

namespace spdlog {
class logger;
}

namespace millrace::runtime {
class BrokerRuntime;
class DeliveryRuntime;
class GroupRuntime;
}  // namespace millrace::runtime

namespace millrace::redrive {
class Jobs;
class Letters;
}  // namespace millrace::redrive

namespace millrace::dispatch {
class Dispatcher;
class SinkTests;
}  // namespace millrace::dispatch

namespace millrace::tracing {
class Tracer;
}

namespace millrace::http {

/// One connection, for operators.
struct Connection {
  std::string door;  ///< "kafka" or "http"
  std::string peer;
  std::string client_id;  ///< empty when it has none
  std::string software;   ///< what the client says that it is; empty: nothing
  Timestamp since = 0;
  std::uint64_t requests = 0;
  std::uint64_t received_bytes = 0;
  std::uint64_t sent_bytes = 0;
};
/// Calls back once, on any thread.
using ListConnections = std::function<void(std::function<void(std::vector<Connection>)> done)>;

struct ServerOptions {
  std::vector<Endpoint> listeners;
  std::string unix_socket;                     ///< its path; empty: none. Only our own user and root are served on it
  std::vector<std::string> allowed_hosts;      ///< beside localhost, loopback addresses and the listeners' own
  std::string version;                         ///< of the program, as told
  std::vector<metrics::Collect> more_metrics;  ///< of others, for `GET /metrics`; asked until the server is destroyed
  std::function<std::vector<Endpoint>()> kafka_addresses;  ///< where Kafka clients are told to connect; any thread
  ListConnections kafka_connections;                       ///< those of the other door; none: it has none
  tracing::Tracer* tracer = nullptr;                       ///< of requests; none: nobody wants traces
  std::int32_t connections_max = limits::http_connections_max;
  Milliseconds header_timeout{limits::http_header_timeout_ms};    ///< from the first byte to the whole header section
  Milliseconds request_timeout{limits::http_request_timeout_ms};  ///< … to the last byte of the body
  Milliseconds idle_timeout{limits::http_idle_timeout_ms};        ///< between two requests
};

/// What the door speaks for, beside the broker and its groups. All of it outlives the server.
struct Backends {
  runtime::DeliveryRuntime& delivery;
  dispatch::Dispatcher& dispatcher;
  dispatch::SinkTests& sink_tests;
  redrive::Letters& letters;
  redrive::Jobs& jobs;
};

class Server {
 public:
  Server(runtime::IoThreads& threads, runtime::BrokerRuntime& broker, runtime::GroupRuntime& groups,
         const Backends& backends, ServerOptions options, std::shared_ptr<spdlog::logger> diagnostics);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] Result<void> start();
  /// What was bound, with the ports that the system chose.
  [[nodiscard]] const std::vector<Endpoint>& addresses() const;
  void drain(std::function<void()> when_done);
  void close();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace millrace::http
