#pragma once
// A sender with network threads of its own, and what the tests send with it.

#include <gmock/gmock.h>

#include <atomic>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "certificates.hpp"
#include "millrace/sender/sender.hpp"
#include "scripted_sink.hpp"

namespace millrace::sender {

/// A file of the test's own, gone with it.
class ScratchFile {
 public:
  explicit ScratchFile(const std::string& text);
  ~ScratchFile();
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class SenderTest : public testing::Test {
 protected:
  static constexpr Milliseconds long_enough{30'000};
  static constexpr Milliseconds short_timeout{50};
  /// Where it is told what took too long: all that comes before has time to happen.
  static constexpr Milliseconds told_timeout{1'000};

  SenderTest();
  /// Stops the sender, and sees that every request has come to its end.
  ~SenderTest() override;

  /// What the tests' sinks need: the loopback is allowed, and "hooks.test" is there.
  [[nodiscard]] SenderOptions options() const;
  /// Another sender from now on.
  void open(SenderOptions options);
  std::future<Outcome> begin(const std::string& url, Outgoing request = {}, Milliseconds timeout = long_enough);
  Outcome send(const std::string& url, Outgoing request = {}, Milliseconds timeout = long_enough);
  void stop();
  [[nodiscard]] Sender& sender() { return *sender_; }

  static std::string url_of(const ScriptedSink& sink, const std::string& host = "127.0.0.1");
  static std::string secure_url_of(const ScriptedSink& sink, const std::string& host = "hooks.test");

  const Authority authority_{"the test's authority"};
  const ScratchFile trusted_{authority_.certificate()};

 private:
  runtime::IoThreads threads_;
  std::unique_ptr<Sender> sender_;
  std::atomic<int> begun_ = 0;
  std::atomic<int> ended_ = 0;
};

inline const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

/// Answers every request with `answer`, until the other side goes.
[[nodiscard]] ScriptedSink::Script always(std::string answer);
/// Answers one request, and waits until the other side goes.
[[nodiscard]] ScriptedSink::Script once(std::string answer);
/// Takes one request and waits until the other side goes.
void take_and_wait(Visit& visit);

}  // namespace millrace::sender
