#include "idle_sink.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace millrace::bench {

namespace {

constexpr int backlog = 1024;
constexpr int look_up_ms = 100;  ///< whether it is over
constexpr std::size_t section_bytes_max = 16 * 1024;
constexpr std::string_view end_of_section = "\r\n\r\n";
constexpr std::string_view consent = "HTTP/1.1 200 OK\r\nWebHook-Allowed-Origin: *\r\nContent-Length: 0\r\n\r\n";
constexpr std::string_view thanks = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

/// What has come on one connection and was not answered. Bodies are not looked for: nobody here has an event to send.
struct Guest {
  int socket;
  std::string received{};
};

bool read_some(Guest& guest) {
  char bytes[4096];
  const auto got = ::recv(guest.socket, bytes, sizeof bytes, 0);
  if (got <= 0 || guest.received.size() > section_bytes_max) return false;
  guest.received.append(bytes, static_cast<std::size_t>(got));
  return true;
}

}  // namespace

Result<std::unique_ptr<IdleSink>> IdleSink::open() {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const general = reinterpret_cast<sockaddr*>(&address);
  const bool is_open = listener >= 0 && ::bind(listener, general, size) == 0 && ::listen(listener, backlog) == 0 &&
                       ::getsockname(listener, general, &size) == 0;
  if (is_open) return std::unique_ptr<IdleSink>(new IdleSink(listener, ntohs(address.sin_port)));
  auto why = failure(Errc::io, "listen for web hooks: " + std::generic_category().message(errno));
  if (listener >= 0) ::close(listener);
  return why;
}

IdleSink::IdleSink(int listener, std::uint16_t port) : listener_(listener), port_(port), thread_([this] { serve(); }) {}

IdleSink::~IdleSink() {
  is_over_.store(true);
  thread_.join();
  ::close(listener_);
}

void IdleSink::serve() {
  std::vector<Guest> guests;
  while (!is_over_.load()) {
    std::vector<pollfd> waiting{{.fd = listener_, .events = POLLIN, .revents = 0}};
    for (const auto& guest : guests) waiting.push_back({.fd = guest.socket, .events = POLLIN, .revents = 0});
    if (::poll(waiting.data(), waiting.size(), look_up_ms) <= 0) continue;
    std::vector<Guest> staying;
    for (std::size_t i = 0; i < guests.size(); ++i) {
      auto& guest = guests[i];
      bool stays = waiting[i + 1].revents == 0 || read_some(guest);
      for (auto end = guest.received.find(end_of_section); stays && end != std::string::npos;
           end = guest.received.find(end_of_section)) {
        const bool asks = guest.received.starts_with("OPTIONS ");
        guest.received.erase(0, end + end_of_section.size());
        const auto answer = asks ? consent : thanks;
        stays = ::send(guest.socket, answer.data(), answer.size(), MSG_NOSIGNAL) > 0;
        if (asks) consents_.fetch_add(1);
      }
      if (stays) {
        staying.push_back(std::move(guest));
      } else {
        ::close(guest.socket);
      }
    }
    guests = std::move(staying);
    if (waiting.front().revents == 0) continue;
    if (const int fresh = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC); fresh >= 0)
      guests.push_back({.socket = fresh});
  }
  for (const auto& guest : guests) ::close(guest.socket);
}

}  // namespace millrace::bench
