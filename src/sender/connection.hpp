#pragma once
// One connection to a sink, plain or TLS. On one thread, one operation at a time; close() may come in between.
//
// Every operation ends by the time of expires_at(), with beast::error::timeout, and its connection with it.

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "millrace/runtime/io.hpp"
#include "millrace/subscriptions/sink.hpp"

namespace millrace::sender {

using SteadyTime = std::chrono::steady_clock::time_point;

class Connection {
 public:
  explicit Connection(runtime::Executor executor) : tcp_(executor) {}

  void expires_at(SteadyTime until) { tcp_.expires_at(until); }
  void expires_never() { tcp_.expires_never(); }
  [[nodiscard]] runtime::Task<boost::system::error_code> connect(runtime::Tcp::endpoint to);
  /// Nothing when there is a session with whom the URL names; else why not, for people. `is_late`: it took too long.
  struct Refusal {
    std::string why;
    bool is_late = false;
  };
  [[nodiscard]] runtime::Task<std::optional<Refusal>> secure(std::shared_ptr<boost::asio::ssl::context> trusted,
                                                             subscriptions::SinkUrl sink);
  /// Both, one after the other; they must live until then.
  [[nodiscard]] runtime::Task<boost::system::error_code> write(std::string_view head, std::string_view body);
  [[nodiscard]] runtime::Task<std::size_t> read(boost::asio::mutable_buffer into, boost::system::error_code& error);
  void close() { tcp_.close(); }

  /// Where it leads, whoever was asked for; nothing when it is not connected.
  [[nodiscard]] std::optional<subscriptions::Address> peer() const;
  /// It waits for a request: open, and nothing has come that nobody asked for.
  [[nodiscard]] bool is_fit();

 private:
  using Stream = boost::beast::basic_stream<runtime::Tcp, runtime::Executor>;

  Stream tcp_;
  std::shared_ptr<boost::asio::ssl::context> trusted_;
  std::optional<boost::asio::ssl::stream<Stream&>> tls_;
};

}  // namespace millrace::sender
