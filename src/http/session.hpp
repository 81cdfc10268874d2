#pragma once
// One connection: reads requests one after the other, has each answered, and keeps the connection while both sides may.
//
// Belongs to one network thread. Whatever is wrong with the bytes ends the connection after the answer, for nobody
// knows where the next request begins; what is wrong with the request does not.

#include <atomic>
#include <boost/beast/core/flat_buffer.hpp>
#include <memory>
#include <string>
#include <vector>

#include "connection_stream.hpp"
#include "counts.hpp"
#include "guard.hpp"
#include "message.hpp"
#include "millrace/core/counting.hpp"
#include "millrace/core/time.hpp"
#include "millrace/http/server.hpp"
#include "millrace/runtime/io.hpp"

namespace spdlog {
class logger;
}

namespace millrace::http {

class WebSocket;

/// What answers requests. Shared by all connections; any thread.
class Answerer {
 public:
  Answerer() = default;
  Answerer(const Answerer&) = delete;
  Answerer& operator=(const Answerer&) = delete;
  virtual ~Answerer() = default;

  [[nodiscard]] virtual std::string fresh_id() = 0;
  /// Nothing when the request may go on to its body; else what to answer without reading it.
  [[nodiscard]] virtual std::optional<Response> before_body(const Request& request) = 0;
  [[nodiscard]] virtual runtime::Task<Response> answer(Request request) = 0;
};

struct SessionOptions {
  HeaderLimits limits;
  HeaderLimits event_limits;  ///< of requests that bring events
  std::size_t body_max = 0;
  std::vector<std::string> hosts;  ///< empty: every one
  Milliseconds header_timeout{0};
  Milliseconds request_timeout{0};
  Milliseconds idle_timeout{0};
  Milliseconds write_timeout{0};
};

class Session {
 public:
  /// `since` is now.
  Session(Stream stream, std::string peer, Timestamp since, const SessionOptions& options, Answerer& answerer,
          Counts& counts)
      : stream_(std::move(stream)),
        peer_(std::move(peer)),
        since_(since),
        options_(options),
        answerer_(answerer),
        counts_(counts) {}

  /// Until the connection ends. The session lives at least as long.
  static runtime::Task<> run(std::shared_ptr<Session> self);
  /// Ends after the answer that is under way, at once if there is none. On its own thread, as close().
  void drain();
  void close();
  [[nodiscard]] runtime::Executor executor() { return stream_.get_executor(); }
  /// Any thread.
  [[nodiscard]] Connection facts() const;

 private:
  enum class Read { whole, ended, refused };

  /// Of the request whose first bytes are in the buffer.
  [[nodiscard]] const HeaderLimits& header_limits() const;
  runtime::Task<Read> read_section(std::size_t& length);
  runtime::Task<bool> serve_one();
  runtime::Task<bool> send(Response response, unsigned version, bool keep, bool with_body);
  /// What comes behind the header section of an answer that has no end yet.
  runtime::Task<> send_pieces(std::shared_ptr<BodySource> source, bool in_chunks);
  /// From here on the connection is a WebSocket.
  runtime::Task<> converse(WebSocket& socket, Conversation& conversation);
  runtime::Task<bool> refuse(Problem problem);
  /// The other side has closed the connection, or its half of it.
  [[nodiscard]] bool is_gone();
  runtime::Task<> linger();

  Stream stream_;
  std::string peer_;
  const Timestamp since_;
  Counter requests_;
  Counter received_bytes_;
  Counter sent_bytes_;
  const SessionOptions& options_;
  Answerer& answerer_;
  Counts& counts_;
  boost::beast::flat_buffer buffer_;  ///< of what was read and not looked at; grows with what comes, up to a bound
  std::string id_;                    ///< of the request that is read
  WebSocket* web_socket_ = nullptr;   ///< while it is one
  bool waiting_ = true;
  bool draining_ = false;
};

}  // namespace millrace::http
