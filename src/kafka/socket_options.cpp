#include "socket_options.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <string_view>

namespace millrace::kafka {

namespace {

void set(int socket, int level, int option, int value) { ::setsockopt(socket, level, option, &value, sizeof value); }

bool is_loopback(const runtime::Socket& socket) {
  boost::system::error_code error;
  const auto peer = socket.remote_endpoint(error);
  return !error && peer.address().is_loopback();
}

}  // namespace

void prepare(runtime::Socket& socket) {
  const auto descriptor = socket.native_handle();
  set(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
  set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
  set(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, 60);
  set(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, 10);
  set(descriptor, IPPROTO_TCP, TCP_KEEPCNT, 3);
  set(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, 30'000);
  if (is_loopback(socket)) {
    constexpr std::string_view unpaced = "cubic";
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_CONGESTION, unpaced.data(), static_cast<socklen_t>(unpaced.size()));
  }
  boost::system::error_code ignored;
  socket.native_non_blocking(true, ignored);
}

}  // namespace millrace::kafka
