#pragma once
// One WebSocket (RFC 6455), from its handshake on: whole messages in, whole messages out, and a close that says why.
//
// On the network thread of its connection. One coroutine reads, any number write: each waits for its turn. A message
// that is longer than the limit, or text that is no UTF-8, ends it with the close code that the RFC has for that.

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <chrono>
#include <optional>
#include <string>

#include "connection_stream.hpp"
#include "message.hpp"
#include "millrace/core/counting.hpp"

namespace millrace::http {

class WebSocket {
 public:
  struct Message {
    std::string text;
    bool is_binary = false;
  };
  /// Of RFC 6455 section 7.4.1; from 4000 on ours (7.4.2): 4000 and the status that HTTP would have.
  enum class Close : std::uint16_t {
    normal = 1000,
    going_away = 1001,
    unknown_data = 1003,
    bad_payload = 1007,
    broken_rule = 1008,
    trouble = 1011,
    not_found = 4404,
    conflict = 4409
  };
  static constexpr std::size_t reason_bytes_max = 123;  ///< of a close (section 5.5)
  using Handshake = boost::beast::http::request<boost::beast::http::string_body>;

  /// Borrows the connection.
  WebSocket(Stream& stream, Counter& received_bytes, Counter& sent_bytes);

  /// False: it is none, which was said.
  /// As `answer` has it: subprotocol, more header fields, patience.
  [[nodiscard]] runtime::Task<bool> accept(const Handshake& request, const Response& answer, std::string request_id);
  /// Nothing: it is over.
  [[nodiscard]] runtime::Task<std::optional<Message>> read();
  /// False: it is over.
  [[nodiscard]] runtime::Task<bool> write(Message message);
  /// Requires: the reason has no more than reason_bytes_max.
  [[nodiscard]] runtime::Task<> close(Close why, std::string reason);
  [[nodiscard]] bool is_open() const { return is_open_ && !is_stopping_; }

  /// The broker goes: whoever waits in until_changed() is woken, and is to close it.
  void stop();
  [[nodiscard]] bool is_stopping() const { return is_stopping_; }
  /// Until changed() or stop() is called, or it is over.
  [[nodiscard]] runtime::Task<> until_changed();
  /// Or `most` is over. Nobody else may wait meanwhile.
  [[nodiscard]] runtime::Task<> until_changed(std::chrono::milliseconds most);
  void changed() { changed_.cancel(); }

 private:
  using Clock = std::chrono::steady_clock;
  using Timer = boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>, runtime::Executor>;

  void ended();
  [[nodiscard]] runtime::Task<> turn();

  boost::beast::websocket::stream<Stream&> socket_;
  Counter& received_bytes_;
  Counter& sent_bytes_;
  boost::beast::flat_buffer buffer_;
  Timer turn_;     ///< those who want to write
  Timer changed_;  ///< those who wait for anything else
  bool is_writing_ = false;
  bool is_open_ = false;
  bool is_stopping_ = false;
};

/// What is said on a WebSocket.
class Conversation {
 public:
  Conversation() = default;
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;
  virtual ~Conversation() = default;

  /// Until it is over; it closes the socket unless the other side has.
  [[nodiscard]] virtual runtime::Task<> hold(WebSocket& socket) = 0;
};

}  // namespace millrace::http
