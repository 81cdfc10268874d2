#pragma once
// Tells systemd how the daemon is: ready, reloading, stopping, alive. By hand, since the protocol is one datagram of
// text (sd_notify(3)) and a library for it would be the daemon's largest dependency.
//
// Without a manager that asked for it every call does nothing. Nothing fails: a lost notification is the manager's to
// notice, and no reason to stop serving. Immutable; any thread may use it.

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::app {

class ServiceManager {
 public:
  using Environment = std::map<std::string, std::string>;

  /// Takes NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID. A path or an abstract socket ("@name").
  explicit ServiceManager(const Environment& environment);

  void ready(std::string_view status) const;
  void reloading() const;  ///< ready() must follow
  void stopping() const;
  void alive() const;

  /// How often alive() should be called: half of the time after which systemd gives us up. Nothing without a watchdog.
  [[nodiscard]] std::optional<std::chrono::milliseconds> alive_interval() const { return alive_interval_; }

 private:
  void send(std::string_view message) const;

  std::string address_;
  std::optional<std::chrono::milliseconds> alive_interval_;
};

}  // namespace millrace::app
