#pragma once
// A sink of the test's own, on the loopback: what it does with each connection is a script. It may do all that no
// sound server does.

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "certificates.hpp"

namespace millrace::sender {

/// One connection as its script sees it. Everything waits.
class Visit {
 public:
  Visit(boost::asio::ip::tcp::socket socket, boost::asio::ssl::context* tls);

  /// The next one, whole; empty when the other side has gone.
  std::string request();
  /// False: the other side has gone.
  bool say(std::string_view text);
  /// Until the other side has gone.
  void wait_for_end();
  void close();
  /// Over TLS: the name that was asked for.
  [[nodiscard]] std::string asked_name();

 private:
  friend class ScriptedSink;
  [[nodiscard]] bool handshake();
  [[nodiscard]] bool read_more();
  void interrupt();

  boost::asio::ip::tcp::socket socket_;
  std::optional<boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>> tls_;
  std::string came_;
  std::mutex mutex_;  ///< of closing
  bool is_closed_ = false;
};

class ScriptedSink {
 public:
  using Script = std::function<void(Visit&)>;

  /// One script for each connection, in their order; whoever comes then is turned away.
  explicit ScriptedSink(std::vector<Script> scripts, const std::optional<Identity>& identity = std::nullopt,
                        int tls_max = 0);
  ~ScriptedSink();
  ScriptedSink(const ScriptedSink&) = delete;
  ScriptedSink& operator=(const ScriptedSink&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// That have come so far.
  [[nodiscard]] std::size_t connections();

 private:
  void accept();

  boost::asio::io_context context_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::uint16_t port_;
  std::optional<boost::asio::ssl::context> tls_;
  std::vector<Script> scripts_;
  std::mutex mutex_;
  bool is_stopping_ = false;
  std::vector<std::unique_ptr<Visit>> visits_;
  std::vector<std::thread> threads_;
  std::thread acceptor_thread_;
};

}  // namespace millrace::sender
