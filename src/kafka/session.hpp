#pragma once
// One connection: reads frames, hands each to the dispatcher with a Reply, and sends the answers in request order.
//
// Reading goes on while earlier answers are waited for, up to in_flight_requests_max requests, in_flight_bytes_max
// bytes of requests or unsent_bytes_max bytes of answers; beyond that it stops reading, and TCP pushes back. Belongs to
// one network thread, and everything but answer() and hang_up() runs there. While nothing is under way it holds no
// buffer, no timer and no coroutine: one armed wait.

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "counts.hpp"
#include "frame_assembler.hpp"
#include "millrace/core/limits.hpp"
#include "millrace/kafka/server.hpp"
#include "millrace/runtime/io.hpp"
#include "reply.hpp"
#include "send.hpp"

namespace millrace::kafka {

/// What the client said of itself last. Its connection's thread writes and reads it.
struct Introduction {
  std::string client_id;
  std::string software;  ///< "librdkafka 2.16.1"; empty until it says so
};

/// Who is at the other end, and which of our listeners it came in on.
struct Peer {
  std::string address;  ///< "127.0.0.1:51234"
  std::string host;     ///< without the port
  std::size_t listener = 0;
  Endpoint reached;            ///< the address of ours that it connected to
  runtime::Executor executor;  ///< of the thread that the connection belongs to
  std::shared_ptr<Introduction> said = std::make_shared<Introduction>();
};

/// Shared by all connections; what is atomic may be changed while they live.
struct SessionLimits {
  std::atomic<std::int32_t> request_bytes_max = limits::request_bytes_max;  ///< of connections that are yet to come
  std::atomic<std::chrono::milliseconds> idle_timeout{std::chrono::milliseconds(limits::idle_timeout_ms)};
  std::size_t in_flight_requests_max = limits::in_flight_requests_max;
  std::size_t in_flight_bytes_max = limits::in_flight_bytes_max;
  std::size_t unsent_bytes_max = limits::unsent_bytes_max;
  std::chrono::milliseconds stall_timeout{30'000};  ///< a frame begun, or an answer not taken, without progress
};

class Session final : public AnswerSink, public std::enable_shared_from_this<Session> {
 public:
  /// Handles one request frame. Returns why the connection must end, or nothing.
  using Handle = std::function<std::optional<Refusal>(MutableBytes frame, const Peer&, Reply)>;
  using OnClose = std::function<void(const std::shared_ptr<Session>&, const std::string& why)>;

  /// `counts` are those of its thread.
  Session(runtime::Socket socket, Peer peer, const SessionLimits& limits, const Handle& handle, Counts& counts,
          OnClose on_close);

  void start();
  /// Takes no further request; ends when what is in flight is answered.
  void drain();
  void close(const std::string& why);
  /// Ends the connection when it idles or stalls. Called now and then.
  void check_deadlines(std::chrono::steady_clock::time_point now);
  [[nodiscard]] const Peer& peer() const { return peer_; }
  /// On its thread.
  [[nodiscard]] ConnectionFacts facts() const;

  void answer(std::uint64_t slot, std::optional<Outgoing> outgoing) override;
  void hang_up() override;
  void when_closed(std::uint64_t slot, std::function<void()> cancel) override;

 private:
  struct Slot {
    bool ready = false;
    std::optional<Outgoing> outgoing;
    std::size_t request_bytes = 0;
    std::function<void()> cancel;
    std::size_t api = api_count;
    std::chrono::steady_clock::time_point began{};
  };

  void arm_reading();
  void take_turn();
  [[nodiscard]] bool read_once();
  void handle_frames();
  [[nodiscard]] std::optional<Refusal> handle_one(MutableBytes frame, std::uint64_t slot);
  void settle(std::uint64_t slot, std::optional<Outgoing> outgoing);
  void flush();
  void arm_writing();
  void count_answer_bytes();
  [[nodiscard]] bool has_room() const;

  runtime::Socket socket_;
  Peer peer_;
  const SessionLimits& limits_;
  const Handle& handle_;
  Counts& counts_;
  OnClose on_close_;

  FrameAssembler frames_;
  Sender sender_;
  std::deque<Slot> slots_;        ///< requests in flight, oldest first
  std::uint64_t first_slot_ = 0;  ///< number of slots_.front()
  std::size_t in_flight_bytes_ = 0;
  std::size_t ready_bytes_ = 0;  ///< answers that wait for an earlier one
  std::size_t counted_answer_bytes_ = 0;
  const std::chrono::system_clock::time_point began_ = std::chrono::system_clock::now();
  std::uint64_t received_bytes_ = 0;
  std::uint64_t sent_bytes_ = 0;
  std::chrono::steady_clock::time_point last_progress_;
  bool reading_armed_ = false;
  bool writing_armed_ = false;
  bool in_turn_ = false;  ///< frames are being handled: answers are sent together at the end of the turn
  bool draining_ = false;
  std::atomic<bool> closed_ = false;  ///< written on the connection's thread, read by hang_up() on any
};

}  // namespace millrace::kafka
