#pragma once
// One connection over loopback TCP, spoken to in words, for tests. say("a") sends a frame; what the session hands on
// stands in `asked` and waits until answer("a", …) or another end. The io_context runs only inside the calls here, on
// the calling thread, and never sleeps longer than the loopback takes.

#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/ip/address_v4.hpp>
#include <chrono>
#include <functional>
#include <list>
#include <stdexcept>
#include <string>
#include <vector>

#include "session.hpp"

namespace millrace::kafka {

inline std::string frame(std::string_view payload) {
  std::byte raw[4];
  store_be(raw, static_cast<std::int32_t>(payload.size()));
  return std::string(reinterpret_cast<const char*>(raw), sizeof raw) + std::string(payload);
}

class Line {
 public:
  using SteadyClock = std::chrono::steady_clock;
  struct Asked {
    std::string request;
    Reply reply;
  };

  SessionLimits limits;
  Counts counts;
  std::list<Asked> asked;
  std::vector<std::string> closed;                   ///< why, each time that it was said
  std::function<void(std::string_view)> on_request;  ///< called before a request is put into `asked`

  Line() = default;
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;
  ~Line() {
    if (session) session->close("test is over");
    asked.clear();
    settle();
  }

  void connect() {
    runtime::Acceptor acceptor(context_, runtime::Tcp::endpoint(runtime::asio::ip::address_v4::loopback(), 0));
    client_.connect(acceptor.local_endpoint());
    client_.non_blocking(true);
    runtime::Socket served(context_);
    acceptor.accept(served);
    served.native_non_blocking(true);
    served_descriptor_ = served.native_handle();
    session = std::make_shared<Session>(
        std::move(served),
        Peer{.address = "peer:1", .host = "peer", .listener = 0, .reached = {}, .executor = executor()}, limits,
        handle_, counts, [this](const std::shared_ptr<Session>&, const std::string& why) { closed.push_back(why); });
    session->start();
  }

  /// Sends `bytes`, waits until they have arrived, and lets the session do all that it will do with them.
  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(client_.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
      settle();
    }
    until([&] { return !closed.empty() || unread() > 0 || unacknowledged() == 0; });
    settle();
  }
  void say(std::string_view request) { send(frame(request)); }

  void answer(std::string_view request, std::string_view text) { answer(request, Outgoing{to_bytes(text), {}}); }
  void answer(std::string_view request, Outgoing outgoing) {
    take(request).send(std::move(outgoing));
    settle();
  }
  void silence(std::string_view request) {
    take(request).none();
    settle();
  }
  void drop(std::string_view request) {
    {
      const auto lost = take(request);
    }
    settle();
  }
  [[nodiscard]] Reply take(std::string_view request) {
    const auto at = std::ranges::find(asked, request, &Asked::request);
    if (at == asked.end()) throw std::runtime_error("nobody asked " + std::string(request));
    auto reply = std::move(at->reply);
    asked.erase(at);
    return reply;
  }
  [[nodiscard]] std::string waiting() const {
    std::string all;
    for (const auto& each : asked) all += (all.empty() ? "" : " ") + each.request;
    return all;
  }

  /// The next `count` bytes that the client gets.
  std::string receive(std::size_t count) {
    std::string got;
    until([&] {
      char window[65536];
      for (;;) {
        const auto more = ::recv(client_.native_handle(), window, std::min(sizeof window, count - got.size()), 0);
        if (more == 0 || got.size() == count) return true;
        if (more < 0) return false;
        got.append(window, static_cast<std::size_t>(more));
      }
    });
    return got;
  }
  [[nodiscard]] bool nothing_came() {
    settle();
    char one = 0;
    return ::recv(client_.native_handle(), &one, 1, MSG_PEEK) < 0;
  }
  void client_closes() {
    client_.close();
    until([&] { return !closed.empty(); });
  }
  void check_deadlines(SteadyClock::duration later) {
    session->check_deadlines(SteadyClock::now() + later);
    settle();
  }

  /// Runs what is ready.
  void settle() {
    context_.restart();
    context_.poll();
  }
  void until(const std::function<bool()>& done) {
    const auto limit = SteadyClock::now() + std::chrono::minutes(2);
    while (!done()) {
      ASSERT_LT(SteadyClock::now(), limit) << "it never came";
      context_.restart();
      context_.run_one_for(std::chrono::milliseconds(5));
    }
  }
  [[nodiscard]] runtime::Executor executor() { return context_.get_executor(); }

  std::shared_ptr<Session> session;

 private:
  /// Bytes in the session's socket that it has not taken.
  [[nodiscard]] int unread() const {
    int count = 0;
    return ::ioctl(served_descriptor_, FIONREAD, &count) == 0 ? count : 0;
  }
  [[nodiscard]] int unacknowledged() {
    int count = 0;
    return ::ioctl(client_.native_handle(), TIOCOUTQ, &count) == 0 ? count : 0;
  }

  runtime::asio::io_context context_{1};
  runtime::Socket client_{context_};
  int served_descriptor_ = -1;
  Session::Handle handle_ = [this](MutableBytes bytes, const Peer&, Reply reply) -> std::optional<Refusal> {
    const std::string request(as_text(bytes));
    if (on_request) on_request(request);
    if (request == "refuse me") return Refusal{RefusedFor::body, "request refused"};
    asked.push_back({request, std::move(reply)});
    return std::nullopt;
  };
};

}  // namespace millrace::kafka
