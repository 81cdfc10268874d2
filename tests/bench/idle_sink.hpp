#pragma once
// A sink for web hooks that have nothing to send: it consents to whoever asks whether he may, and thanks for the rest.
// It listens on loopback, on a port that the system picks, and serves on a thread of its own until it is destroyed.

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>

#include "millrace/core/result.hpp"

namespace millrace::bench {

class IdleSink {
 public:
  [[nodiscard]] static Result<std::unique_ptr<IdleSink>> open();
  IdleSink(const IdleSink&) = delete;
  IdleSink& operator=(const IdleSink&) = delete;
  ~IdleSink();

  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// Answered so far.
  [[nodiscard]] std::uint64_t consents() const { return consents_.load(); }

 private:
  IdleSink(int listener, std::uint16_t port);
  void serve();

  int listener_;
  std::uint16_t port_;
  std::atomic<std::uint64_t> consents_ = 0;
  std::atomic<bool> is_over_ = false;
  std::thread thread_;
};

}  // namespace millrace::bench
