#pragma once
// The Kafka door: listens, accepts, and gives every connection to a network thread and every request to its handler.
//
// Owned by app. start() binds all listeners or fails whole; drain() stops accepting and reading and calls back when the
// last answer in flight has left; close() ends what is left. Any thread may call; nothing here blocks.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "millrace/core/endpoint.hpp"
#include "millrace/core/limits.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/runtime/io_threads.hpp"

namespace spdlog {
class logger;
}

namespace millrace::metrics {
class Exposition;
}

namespace millrace::runtime {
class BrokerRuntime;
class GroupRuntime;
}  // namespace millrace::runtime

namespace millrace::tracing {
class Tracer;
}

namespace millrace::kafka {

struct ServerOptions {
  std::vector<Endpoint> listeners;
  std::vector<Endpoint> advertised;  ///< one for each listener, or empty: what was bound
  std::int32_t connections_max = limits::connections_max;
  std::int32_t connections_per_address_max = limits::connections_per_address_max;
  std::int32_t request_bytes_max = limits::request_bytes_max;
  Milliseconds idle_timeout{limits::idle_timeout_ms};
  std::int32_t fetch_sessions_max = limits::fetch_sessions_max;  ///< stays as it was at the start
  tracing::Tracer* tracer = nullptr;  ///< of what is appended; none: nobody wants traces. Stays, too
};

/// One connection, for operators.
struct ConnectionFacts {
  std::string peer;       ///< "127.0.0.1:51234"
  std::string client_id;  ///< of its last request
  std::string software;   ///< "librdkafka 2.16.1"; empty when it did not say
  std::chrono::system_clock::time_point since;
  std::uint64_t requests = 0;
  std::uint64_t received_bytes = 0;
  std::uint64_t sent_bytes = 0;
};

class Server {
 public:
  Server(runtime::IoThreads& threads, runtime::BrokerRuntime& broker, runtime::GroupRuntime& groups,
         ServerOptions options, std::shared_ptr<spdlog::logger> diagnostics);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] Result<void> start();
  /// What was bound, with the ports that the system chose.
  [[nodiscard]] const std::vector<Endpoint>& addresses() const;
  /// Takes what may change at run time: advertised addresses and all limits. Listeners stay as they are.
  void reconfigure(const ServerOptions& options);
  /// Adds what the door has counted.
  void collect(metrics::Exposition& into) const;
  /// Who is connected. `done` is called on a network thread, which must run.
  void list_connections(std::function<void(std::vector<ConnectionFacts>)> done) const;
  void drain(std::function<void()> when_done);
  void close();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace millrace::kafka
