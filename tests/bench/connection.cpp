#include "connection.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace millrace::bench {

namespace {

constexpr std::size_t receive_bytes_min = 64 * 1024;

Failure failed(const std::string& doing) {
  return failure(Errc::io, doing + ": " + std::generic_category().message(errno));
}

void prepare(int socket) {
  const int yes = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  constexpr std::string_view unpaced = "cubic";
  ::setsockopt(socket, IPPROTO_TCP, TCP_CONGESTION, unpaced.data(), static_cast<socklen_t>(unpaced.size()));
}

}  // namespace

Result<Address> Address::parse(const std::string& text) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) {
    return failure(Errc::invalid, "address " + text + ": must be host:port");
  }
  auto host = text.substr(0, colon);
  if (host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  return Address{.host = std::move(host), .port = text.substr(colon + 1)};
}

Result<int> connect_to(const Address& address) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(address.host.c_str(), address.port.c_str(), &wanted, &found); error != 0) {
    return failure(Errc::invalid, "address " + address.host + ":" + address.port + ": " + ::gai_strerror(error));
  }
  const int socket = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool connected = socket >= 0 && ::connect(socket, found->ai_addr, found->ai_addrlen) == 0;
  ::freeaddrinfo(found);
  if (!connected) {
    auto why = failed("connect to " + address.host + ":" + address.port);
    if (socket >= 0) ::close(socket);
    return why;
  }
  prepare(socket);
  return socket;
}

Result<Connection> Connection::open(const Address& address) {
  const auto socket = connect_to(address);
  if (!socket) return failure_of(socket);
  return Connection(*socket);
}

Connection::Connection(Connection&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)),
      buffer_(std::move(other.buffer_)),
      begin_(other.begin_),
      end_(other.end_) {}

Connection::~Connection() {
  if (socket_ >= 0) ::close(socket_);
}

Result<std::size_t> Connection::send_some(ByteView bytes) {
  const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent >= 0) return static_cast<std::size_t>(sent);
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return std::size_t{0};
  return failed("send");
}

Result<void> Connection::send_all(ByteView bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EINTR) return failed("send");
    bytes = bytes.subspan(static_cast<std::size_t>(std::max<ssize_t>(sent, 0)));
  }
  return {};
}

/// Room for the rest of the frame that has begun, or for a good piece of what may come.
void Connection::make_room() {
  if (begin_ == end_) begin_ = end_ = 0;
  const auto have = end_ - begin_;
  auto wanted = have + receive_bytes_min;
  if (have >= protocol::frame_prefix_bytes) {
    const auto size = static_cast<std::size_t>(load_be<std::int32_t>(&buffer_[begin_]));
    wanted = std::max(wanted, protocol::frame_prefix_bytes + size);
  }
  if (begin_ + wanted <= buffer_.size()) return;
  std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_), buffer_.begin() + static_cast<std::ptrdiff_t>(end_),
            buffer_.begin());
  begin_ = 0;
  end_ = have;
  if (wanted > buffer_.size()) buffer_.resize(wanted);
}

Result<void> Connection::receive(Patience patience) {
  make_room();
  const int flags = patience == Patience::none ? MSG_DONTWAIT : 0;
  const auto got = ::recv(socket_, &buffer_[end_], buffer_.size() - end_, flags);
  if (got == 0) return failure(Errc::io, "the broker closed the connection");
  if (got > 0) {
    end_ += static_cast<std::size_t>(got);
  } else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
    return failed("receive");
  }
  return {};
}

std::optional<MutableBytes> Connection::next_frame() {
  if (end_ - begin_ < protocol::frame_prefix_bytes) return std::nullopt;
  const auto size = static_cast<std::size_t>(load_be<std::int32_t>(&buffer_[begin_]));
  if (end_ - begin_ - protocol::frame_prefix_bytes < size) return std::nullopt;
  const auto frame = MutableBytes(buffer_).subspan(begin_ + protocol::frame_prefix_bytes, size);
  begin_ += protocol::frame_prefix_bytes + size;
  return frame;
}

void Connection::wait(bool for_room_too, std::chrono::nanoseconds at_most) const {
  if (at_most.count() <= 0) return;
  pollfd ask{.fd = socket_, .events = POLLIN, .revents = 0};
  if (for_room_too) ask.events = POLLIN | POLLOUT;
  const timespec limit{.tv_sec = at_most.count() / 1'000'000'000, .tv_nsec = at_most.count() % 1'000'000'000};
  ::ppoll(&ask, 1, &limit, nullptr);
}

}  // namespace millrace::bench
