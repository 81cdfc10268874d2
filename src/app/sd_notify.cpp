#include "sd_notify.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <ctime>

#include "value_text.hpp"

namespace millrace::app {
namespace {

std::string value_of(const ServiceManager::Environment& environment, const char* name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : found->second;
}

}  // namespace

ServiceManager::ServiceManager(const Environment& environment) : address_(value_of(environment, "NOTIFY_SOCKET")) {
  const auto microseconds = read_integer(value_of(environment, "WATCHDOG_USEC"));
  const std::string for_process = value_of(environment, "WATCHDOG_PID");
  if (!microseconds || *microseconds <= 0) return;
  if (!for_process.empty() && for_process != std::to_string(getpid())) return;
  const auto half = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::microseconds(*microseconds / 2));
  alive_interval_ = std::max(half, std::chrono::milliseconds(1));
}

void ServiceManager::ready(std::string_view status) const { send("READY=1\nSTATUS=" + std::string(status)); }

void ServiceManager::reloading() const {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const auto microseconds = std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1'000;
  send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds));
}

void ServiceManager::stopping() const { send("STOPPING=1"); }

void ServiceManager::alive() const { send("WATCHDOG=1"); }

void ServiceManager::send(std::string_view message) const {
  sockaddr_un to{};
  if (address_.size() < 2 || address_.size() >= sizeof(to.sun_path)) return;
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, address_.data(), address_.size());
  if (address_.front() == '@') to.sun_path[0] = '\0';  // Abstract: the name starts with a zero byte.
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket < 0) return;
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  static_cast<void>(
      ::sendto(socket, message.data(), message.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&to), length));
  ::close(socket);
}

}  // namespace millrace::app
