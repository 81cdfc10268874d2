#include "web_socket.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include "millrace/core/limits.hpp"

namespace millrace::http {

namespace asio = boost::asio;
namespace websocket = boost::beast::websocket;
using boost::system::error_code;

namespace {
constexpr asio::use_awaitable_t<runtime::Executor> until_done{};
}

WebSocket::WebSocket(Stream& stream, Counter& received_bytes, Counter& sent_bytes)
    : socket_(stream),
      received_bytes_(received_bytes),
      sent_bytes_(sent_bytes),
      turn_(stream.get_executor(), Clock::time_point::max()),
      changed_(stream.get_executor(), Clock::time_point::max()) {}

runtime::Task<bool> WebSocket::accept(const Handshake& request, const Response& answer, std::string request_id) {
  // The connection's own patience is for requests; this one has pings.
  socket_.next_layer().expires_never();
  auto timeout = websocket::stream_base::timeout::suggested(boost::beast::role_type::server);
  if (answer.patience) timeout.idle_timeout = *answer.patience;
  socket_.set_option(timeout);
  socket_.read_message_max(limits::http_body_bytes_max);
  socket_.set_option(
      websocket::stream_base::decorator([&answer, id = std::move(request_id)](websocket::response_type& response) {
        response.set(boost::beast::http::field::sec_websocket_protocol, answer.protocol);
        response.set("X-Request-Id", id);
        for (const auto& [name, value] : answer.fields) response.set(name, value);
      }));
  error_code error;
  auto token = asio::redirect_error(until_done, error);
  co_await socket_.async_accept(request, token);
  is_open_ = !error;
  co_return is_open_;
}

runtime::Task<std::optional<WebSocket::Message>> WebSocket::read() {
  buffer_.clear();
  error_code error;
  auto token = asio::redirect_error(until_done, error);
  const auto size = co_await socket_.async_read(buffer_, token);
  if (error) {
    ended();
    co_return std::nullopt;
  }
  received_bytes_.add(size);
  Message message{.text = boost::beast::buffers_to_string(buffer_.data()), .is_binary = socket_.got_binary()};
  co_return message;
}

runtime::Task<> WebSocket::turn() {
  while (is_writing_) {
    error_code woken;
    auto token = asio::redirect_error(until_done, woken);
    co_await turn_.async_wait(token);
  }
}

runtime::Task<bool> WebSocket::write(Message message) {
  co_await turn();
  if (!is_open_) co_return false;
  is_writing_ = true;
  socket_.binary(message.is_binary);
  error_code error;
  auto token = asio::redirect_error(until_done, error);
  sent_bytes_.add(co_await socket_.async_write(asio::buffer(message.text), token));
  is_writing_ = false;
  turn_.cancel();
  if (error) ended();
  co_return !error;
}

runtime::Task<> WebSocket::close(Close why, std::string reason) {
  co_await turn();
  if (!is_open_) co_return;
  is_writing_ = true;
  const websocket::close_reason said(static_cast<websocket::close_code>(why), reason);
  error_code error;
  auto token = asio::redirect_error(until_done, error);
  co_await socket_.async_close(said, token);
  is_writing_ = false;
  turn_.cancel();
  ended();
}

void WebSocket::ended() {
  is_open_ = false;
  changed_.cancel();
}

void WebSocket::stop() {
  is_stopping_ = true;
  changed_.cancel();
}

runtime::Task<> WebSocket::until_changed() {
  if (!is_open()) co_return;
  error_code woken;
  auto token = asio::redirect_error(until_done, woken);
  co_await changed_.async_wait(token);
}

runtime::Task<> WebSocket::until_changed(std::chrono::milliseconds most) {
  if (!is_open()) co_return;
  changed_.expires_after(most);
  error_code woken;
  auto token = asio::redirect_error(until_done, woken);
  co_await changed_.async_wait(token);
  changed_.expires_at(Clock::time_point::max());
}

}  // namespace millrace::http
