#include "connection.hpp"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/error.hpp>

#include "address.hpp"
#include "trust.hpp"

namespace millrace::sender {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr asio::use_awaitable_t<runtime::Executor> awaiting{};

}  // namespace

runtime::Task<error_code> Connection::connect(runtime::Tcp::endpoint to) {
  error_code error;
  auto token = asio::redirect_error(awaiting, error);
  co_await tcp_.async_connect(to, token);
  if (!error) tcp_.socket().set_option(runtime::Tcp::no_delay(true), error);
  co_return error;
}

runtime::Task<std::optional<Connection::Refusal>> Connection::secure(std::shared_ptr<asio::ssl::context> trusted,
                                                                     subscriptions::SinkUrl sink) {
  trusted_ = std::move(trusted);
  tls_.emplace(tcp_, *trusted_);
  Refusal refusal;
  if (!expect_host(tls_->native_handle(), sink)) {
    refusal.why = "no certificate can be for " + sink.host;
    co_return refusal;
  }
  error_code error;
  auto token = asio::redirect_error(awaiting, error);
  co_await tls_->async_handshake(asio::ssl::stream_base::client, token);
  if (!error) co_return std::nullopt;
  refusal.is_late = error == boost::beast::error::timeout;
  const auto untrusted = why_untrusted(tls_->native_handle());
  refusal.why = untrusted.empty() ? error.message() : "its certificate is refused: " + untrusted;
  co_return refusal;
}

runtime::Task<error_code> Connection::write(std::string_view head, std::string_view body) {
  const std::array<asio::const_buffer, 2> both{asio::buffer(head.data(), head.size()),
                                               asio::buffer(body.data(), body.size())};
  error_code error;
  auto token = asio::redirect_error(awaiting, error);
  if (tls_) {
    co_await asio::async_write(*tls_, both, token);
  } else {
    co_await asio::async_write(tcp_, both, token);
  }
  co_return error;
}

runtime::Task<std::size_t> Connection::read(asio::mutable_buffer into, error_code& error) {
  auto token = asio::redirect_error(awaiting, error);
  std::size_t got = 0;
  if (tls_) {
    got = co_await tls_->async_read_some(into, token);
  } else {
    got = co_await tcp_.async_read_some(into, token);
  }
  co_return got;
}

std::optional<subscriptions::Address> Connection::peer() const {
  error_code error;
  const auto endpoint = tcp_.socket().remote_endpoint(error);
  if (error) return std::nullopt;
  return own_address(endpoint.address());
}

bool Connection::is_fit() {
  auto& socket = tcp_.socket();
  error_code error;
  socket.non_blocking(true, error);
  if (error) return false;
  char byte = 0;
  static_cast<void>(socket.receive(asio::buffer(&byte, 1), runtime::Socket::message_peek, error));
  return error == asio::error::would_block;
}

}  // namespace millrace::sender
