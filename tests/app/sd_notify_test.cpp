#include "sd_notify.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstring>

namespace millrace::app {
namespace {

using testing::HasSubstr;

using Environment = ServiceManager::Environment;

/// The manager's side: a datagram socket on a path or an abstract name.
class Manager {
 public:
  explicit Manager(const std::string& address) : address_(address), socket_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::memcpy(name.sun_path, address.data(), address.size());
    if (address.front() == '@') name.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size());
    EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&name), length), 0) << std::strerror(errno);
  }
  ~Manager() {
    ::close(socket_);
    if (address_.front() != '@') ::unlink(address_.c_str());
  }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  [[nodiscard]] std::string received() const {
    std::array<char, 512> buffer{};
    const ssize_t length = ::recv(socket_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    return length < 0 ? std::string() : std::string(buffer.data(), static_cast<std::size_t>(length));
  }

 private:
  std::string address_;
  int socket_;
};

class ServiceManagerAt : public testing::TestWithParam<const char*> {};

TEST_P(ServiceManagerAt, HearsTheLifeCycle) {
  const std::string address = GetParam() + std::to_string(::getpid());
  const Manager manager(address);
  const ServiceManager service(Environment{{"NOTIFY_SOCKET", address}});
  service.ready("serving 127.0.0.1:9092");
  EXPECT_EQ(manager.received(), "READY=1\nSTATUS=serving 127.0.0.1:9092");
  service.reloading();
  EXPECT_THAT(manager.received(), HasSubstr("RELOADING=1\nMONOTONIC_USEC="));
  service.alive();
  EXPECT_EQ(manager.received(), "WATCHDOG=1");
  service.stopping();
  EXPECT_EQ(manager.received(), "STOPPING=1");
}

INSTANTIATE_TEST_SUITE_P(Addresses, ServiceManagerAt, testing::Values("@millrace-notify-", "/tmp/millrace-notify-"));

TEST(ServiceManager, WithoutAManagerNothingHappens) {
  ServiceManager(Environment{}).ready("x");
  ServiceManager(Environment{{"NOTIFY_SOCKET", "/nowhere/at/all"}}).stopping();
  ServiceManager(Environment{{"NOTIFY_SOCKET", std::string(500, 'x')}}).stopping();
}

TEST(ServiceManager, SaysItIsAliveTwiceAsOftenAsItMust) {
  using std::chrono::milliseconds;
  EXPECT_EQ(ServiceManager(Environment{{"WATCHDOG_USEC", "30000000"}}).alive_interval(), milliseconds(15'000));
  EXPECT_EQ(ServiceManager(Environment{}).alive_interval(), std::nullopt);
  EXPECT_EQ(ServiceManager(Environment{{"WATCHDOG_USEC", "soon"}}).alive_interval(), std::nullopt);
  EXPECT_EQ(ServiceManager(Environment{{"WATCHDOG_USEC", "30000000"}, {"WATCHDOG_PID", "1"}}).alive_interval(),
            std::nullopt);
  const std::string own = std::to_string(::getpid());
  EXPECT_TRUE(
      ServiceManager(Environment{{"WATCHDOG_USEC", "2000000"}, {"WATCHDOG_PID", own}}).alive_interval().has_value());
}

}  // namespace
}  // namespace millrace::app
