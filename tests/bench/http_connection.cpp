#include "http_connection.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <system_error>

namespace millrace::bench {

namespace {

constexpr std::size_t first_buffer_bytes = 256 * 1024;
constexpr std::size_t receive_bytes_min = 64 * 1024;
constexpr std::size_t shown_bytes_max = 500;

/// The number at the front of `text`; 0 when there is none.
std::size_t number_in(std::string_view text) {
  std::size_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

Failure unexpected(std::string_view target, const HttpAnswer& answer) {
  return failure(Errc::invalid, std::string(target) + ": answered " + std::to_string(answer.status) + ": " +
                                    std::string(answer.body.substr(0, shown_bytes_max)));
}

Result<HttpConnection> HttpConnection::open(const Address& address) {
  const auto socket = connect_to(address);
  if (!socket) return failure_of(socket);
  return HttpConnection(*socket, address.host + ":" + address.port);
}

HttpConnection::HttpConnection(HttpConnection&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)),
      host_(std::move(other.host_)),
      request_(std::move(other.request_)),
      buffer_(std::move(other.buffer_)),
      end_(other.end_) {}

HttpConnection::~HttpConnection() {
  if (socket_ >= 0) ::close(socket_);
}

Result<void> HttpConnection::send(std::string_view method, std::string_view target, std::string_view body) {
  end_ = 0;
  request_.assign(method).append(" ").append(target).append(" HTTP/1.1\r\nHost: ").append(host_);
  request_.append("\r\nContent-Type: application/json\r\nContent-Length: ").append(std::to_string(body.size()));
  request_.append("\r\n\r\n").append(body);
  for (std::string_view rest = request_; !rest.empty();) {
    const auto sent = ::send(socket_, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EINTR) return failure(Errc::io, "send: " + std::generic_category().message(errno));
    rest.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(sent, 0)));
  }
  return {};
}

Result<void> HttpConnection::receive() {
  if (buffer_.size() - end_ < receive_bytes_min) buffer_.resize(std::max(first_buffer_bytes, 2 * buffer_.size()));
  const auto got = ::recv(socket_, buffer_.data() + end_, buffer_.size() - end_, 0);
  if (got == 0) return failure(Errc::io, "the broker closed the connection");
  if (got < 0 && errno != EINTR) return failure(Errc::io, "receive: " + std::generic_category().message(errno));
  end_ += static_cast<std::size_t>(std::max<ssize_t>(got, 0));
  return {};
}

Result<std::optional<HttpAnswer>> HttpConnection::answer() const {
  constexpr std::string_view version = "HTTP/1.1 ", length = "\r\nContent-Length: ", end = "\r\n\r\n";
  constexpr unsigned no_content = 204;
  const auto received = std::string_view(buffer_).substr(0, end_);
  const auto section = received.substr(0, received.find(end));
  if (section.size() == received.size()) return std::nullopt;
  if (!section.starts_with(version)) return failure(Errc::invalid, "what came is no answer of HTTP/1.1");
  HttpAnswer answer{.status = static_cast<unsigned>(number_in(section.substr(version.size()))), .body = {}};
  const auto at = section.find(length);
  if (at == std::string_view::npos && answer.status != no_content)
    return failure(Errc::invalid, "an answer does not say how long it is");
  const auto size = at == std::string_view::npos ? 0 : number_in(section.substr(at + length.size()));
  answer.body = received.substr(section.size() + end.size());
  if (answer.body.size() < size) return std::nullopt;
  if (answer.body.size() > size) return failure(Errc::invalid, "something came that nobody asked for");
  return answer;
}

Result<std::string_view> HttpConnection::ask(unsigned status, std::string_view method, std::string_view target,
                                             std::string_view body) {
  if (auto sent = send(method, target, body); !sent) return failure_of(sent);
  for (;;) {
    if (auto received = receive(); !received) return failure_of(received);
    const auto answered = answer();
    if (!answered) return failure_of(answered);
    if (!*answered) continue;
    if ((*answered)->status != status) return unexpected(target, **answered);
    return (*answered)->body;
  }
}

}  // namespace millrace::bench
