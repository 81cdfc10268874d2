#include "unix_socket.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace millrace::http {

namespace {

Failure failed(int descriptor, const std::string& path, const char* what) {
  auto message = "http socket " + path + ": " + what + ": " + std::generic_category().message(errno);
  if (descriptor >= 0) ::close(descriptor);
  return failure(Errc::io, std::move(message));
}

}  // namespace

Result<int> listen_at(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return failure(Errc::invalid, "http socket " + path + ": the path has more than " +
                                      std::to_string(sizeof address.sun_path - 1) + " bytes");
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return failed(descriptor, path, "socket");
  ::unlink(path.c_str());
  // The mode is the socket's from its first moment on: a chmod after bind would come too late for somebody quick.
  if (::fchmod(descriptor, S_IRUSR | S_IWUSR) != 0) return failed(descriptor, path, "fchmod");
  if (::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return failed(descriptor, path, "bind");
  }
  if (::listen(descriptor, SOMAXCONN) != 0) return failed(descriptor, path, "listen");
  return descriptor;
}

Result<std::string> peer_of(runtime::Socket& socket) {
  boost::system::error_code error;
  const auto remote = socket.remote_endpoint(error);
  if (error) return failure(Errc::io, error.message());
  return remote.address().to_string() + ":" + std::to_string(remote.port());
}

Result<std::string> peer_of(
    boost::asio::basic_stream_socket<boost::asio::local::stream_protocol, runtime::Executor>& socket) {
  ucred who{};
  socklen_t size = sizeof who;
  if (::getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) {
    return failure(Errc::io, std::generic_category().message(errno));
  }
  const auto name = "uid " + std::to_string(who.uid);
  if (who.uid != 0 && who.uid != ::geteuid()) return failure(Errc::invalid, name + " is neither root nor ours");
  return name;
}

}  // namespace millrace::http
