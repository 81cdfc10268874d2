#pragma once
// Sender: brings requests to web hooks, over HTTP/1.1 and TLS, and says how each has ended.
//
// What is sent and what an answer means is push's affair; this is the connection only: the lookup of a name, the
// addresses that a sink may have, TCP, TLS, one request and its answer, and connections that wait for the next one.
// Each request has one deadline for all of that. A redirect is an answer like any other: nobody follows it. Nothing is
// tried twice, but for a kept connection that turns out to be closed before anything of an answer came.
//
// Shared: one per daemon, any thread. A sink belongs to one of the network threads, all of it happens there, and none
// of them ever waits. Owned by app; the threads run until it has stopped, and outlive it.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/limits.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/push/fields.hpp"
#include "millrace/push/verdict.hpp"
#include "millrace/runtime/callback.hpp"
#include "millrace/runtime/io_threads.hpp"
#include "millrace/subscriptions/sink.hpp"

namespace spdlog {
class logger;
}

namespace millrace::sender {

/// The request line and the fields of an answer together, and of all interim answers before it.
inline constexpr std::size_t answer_header_bytes_max = 16 * limits::KiB;

/// The addresses of a name. It may wait, for it is called on threads that are there for nothing else.
using Lookup = std::function<Result<std::vector<subscriptions::Address>>(const std::string& name)>;

/// The system's: files, DNS, whatever it is configured for. Errc::not_found names the name.
[[nodiscard]] Result<std::vector<subscriptions::Address>> look_up(const std::string& name);

struct SenderOptions {
  std::string version;  ///< of the program, for User-Agent
  subscriptions::Allowed allowed{};
  std::string ca_file{};                            ///< PEM; empty: whom the system trusts
  std::size_t idle_per_sink = 10;                   ///< connections that wait for the next request …
  std::size_t idle_max = 256;                       ///< … of all sinks of one network thread; the oldest goes first
  Milliseconds idle_time{30'000};                   ///< after which one is closed
  std::size_t answer_bytes_max = 64 * limits::KiB;  ///< of a body; a longer one costs its connection
  Milliseconds answer_time{1'000};                  ///< that a body may take once the header is whole; likewise
  std::size_t lookups_max = 32;                     ///< names that are looked up at once, on a thread each
  Lookup lookup = look_up;
};

/// One request. The fields Host, Content-Length, User-Agent and those about the connection are the sender's own.
struct Outgoing {
  std::string method = "POST";  ///< in capitals
  std::string target{};         ///< path and query; empty: the sink's own
  push::Fields fields{};        ///< without Content-Type
  std::string content_type{};   ///< empty: there is none
  std::string body{};
};

/// How a request has ended. A value.
struct Outcome {
  push::Ending ending = push::Ending::connect_error;
  unsigned status = 0;        ///< of the answer, if there was one
  std::string retry_after{};  ///< its field as it came
  std::string cause{};        ///< why there was no answer: one line, without anything of the request but its host
  push::Fields fields{};      ///< all of the answer's, as they came
};

/// What push judges. Borrows from `outcome`.
[[nodiscard]] push::Attempt attempt_of(const Outcome& outcome);

class Sender {
 public:
  /// Errc::invalid names the file of authorities that cannot be read, or the option that is 0.
  [[nodiscard]] static Result<std::unique_ptr<Sender>> open(runtime::IoThreads& threads, SenderOptions options,
                                                            std::shared_ptr<spdlog::logger> diagnostics);
  /// As stop(), and waits for lookups that are under way.
  ~Sender();
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  /// `done` is called exactly once, on a network thread and never from inside of send(); after stop() at once, on the
  /// caller's thread. `timeout`, from 1 ms to a day, is for all from the lookup to the whole header of the answer.
  void send(const subscriptions::SinkUrl& sink, Outgoing request, Milliseconds timeout,
            runtime::Callback<void(Outcome)> done);

  /// What is under way ends at once, as a connect_error, unless its answer is there; connections are closed. When
  /// nothing is left, and every `done` has been called, `when_done` is called once, on any thread.
  void stop(std::function<void()> when_done = nullptr);

 private:
  struct Impl;
  explicit Sender(std::shared_ptr<Impl> impl);

  std::shared_ptr<Impl> impl_;
};

}  // namespace millrace::sender
