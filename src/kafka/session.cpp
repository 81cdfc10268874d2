#include "session.hpp"

#include <sys/socket.h>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstring>

namespace millrace::kafka {

namespace {

using Clock = std::chrono::steady_clock;
namespace asio = boost::asio;

constexpr std::size_t scratch_bytes = 256 * limits::KiB;  ///< a bite that stays in the second-level cache
constexpr std::size_t turn_bytes_max = limits::MiB;       ///< then other connections get their turn

MutableBytes thread_scratch() {
  thread_local Bytes scratch(scratch_bytes);
  return scratch;
}

}  // namespace

Session::Session(runtime::Socket socket, Peer peer, const SessionLimits& limits, const Handle& handle, Counts& counts,
                 OnClose on_close)
    : socket_(std::move(socket)),
      peer_(std::move(peer)),
      limits_(limits),
      handle_(handle),
      counts_(counts),
      on_close_(std::move(on_close)),
      frames_(limits.request_bytes_max),
      last_progress_(Clock::now()) {}

void Session::start() { arm_reading(); }

bool Session::has_room() const {
  if (closed_ || draining_ || slots_.size() >= limits_.in_flight_requests_max) return false;
  if (ready_bytes_ + sender_.backlog() >= limits_.unsent_bytes_max) return false;
  // One request larger than the budget may pass alone, or it never could.
  return in_flight_bytes_ < limits_.in_flight_bytes_max || slots_.empty();
}

void Session::arm_reading() {
  if (reading_armed_ || !has_room()) return;
  reading_armed_ = true;
  auto turn = [self = shared_from_this()](const boost::system::error_code& error = {}) {
    self->reading_armed_ = false;
    if (!error) self->take_turn();
  };
  if (frames_.has_frame()) return asio::post(socket_.get_executor(), std::move(turn));
  socket_.async_wait(runtime::Socket::wait_read, std::move(turn));
}

void Session::take_turn() {
  in_turn_ = true;
  frames_.resume();
  handle_frames();
  for (std::size_t bite = 0; bite < turn_bytes_max / scratch_bytes && has_room(); ++bite) {
    if (!read_once()) break;
  }
  in_turn_ = false;
  flush();
  arm_reading();
}

/// False when there is nothing more to receive now.
bool Session::read_once() {
  const auto room = frames_.room(thread_scratch());
  const auto got = ::recv(socket_.native_handle(), room.data(), room.size(), 0);
  if (got == 0) {
    close(frames_.is_partial() ? "peer closed in the middle of a frame" : "peer closed");
    return false;
  }
  if (got < 0) {
    if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) close(std::strerror(errno));
    return false;
  }
  last_progress_ = Clock::now();
  received_bytes_ += static_cast<std::size_t>(got);
  frames_.received(static_cast<std::size_t>(got));
  handle_frames();
  return static_cast<std::size_t>(got) == room.size();
}

void Session::handle_frames() {
  while (has_room()) {
    auto frame = frames_.next();
    if (!frame) {
      counts_.refuse(RefusedFor::frame_length);
      return close(frame.error().message);
    }
    if (!*frame) break;
    const auto bytes = (*frame)->size();
    slots_.push_back({.ready = false,
                      .outgoing = std::nullopt,
                      .request_bytes = bytes,
                      .cancel = {},
                      .api = api_index(**frame),
                      .began = Clock::now()});
    in_flight_bytes_ += bytes;
    counts_.requests.add();
    counts_.request_bytes.add(bytes);
    const auto number = first_slot_ + slots_.size() - 1;
    if (auto refused = handle_one(**frame, number)) {
      counts_.refuse(refused->reason);
      return close(refused->why);
    }
  }
  frames_.settle();
}

/// What escapes a handler ends this connection and nothing else.
std::optional<Refusal> Session::handle_one(MutableBytes frame, std::uint64_t slot) {
  try {
    return handle_(frame, peer_, Reply(shared_from_this(), slot));
  } catch (const std::exception& escaped) {
    return Refusal{RefusedFor::exception, "request ended by exception: " + std::string(escaped.what())};
  }
}

void Session::answer(std::uint64_t slot, std::optional<Outgoing> outgoing) {
  if (socket_.get_executor().running_in_this_thread()) {
    settle(slot, std::move(outgoing));
    return;
  }
  asio::post(socket_.get_executor(), [self = shared_from_this(), slot, outgoing = std::move(outgoing)]() mutable {
    self->settle(slot, std::move(outgoing));
  });
}

void Session::hang_up() {
  if (closed_) return;
  asio::post(socket_.get_executor(), [self = shared_from_this()] { self->close("request could not be answered"); });
}

void Session::when_closed(std::uint64_t slot, std::function<void()> cancel) {
  if (closed_) return cancel();
  slots_[slot - first_slot_].cancel = std::move(cancel);
}

void Session::settle(std::uint64_t slot, std::optional<Outgoing> outgoing) {
  if (closed_) return;
  auto& settled = slots_[slot - first_slot_];
  settled.ready = true;
  counts_.answered[settled.api].add(Clock::now() - settled.began);
  if (outgoing) ready_bytes_ += outgoing->memory();
  settled.outgoing = std::move(outgoing);
  settled.cancel = nullptr;
  if (!in_turn_) {
    flush();
    arm_reading();
  }
}

void Session::flush() {
  if (closed_) return;
  while (!slots_.empty() && slots_.front().ready) {
    auto& front = slots_.front();
    if (front.outgoing) {
      ready_bytes_ -= front.outgoing->memory();
      sender_.push(std::move(*front.outgoing));
    }
    in_flight_bytes_ -= front.request_bytes;
    counts_.requests.take();
    counts_.request_bytes.take(front.request_bytes);
    slots_.pop_front();
    ++first_slot_;
  }
  if (writing_armed_) return count_answer_bytes();
  const auto state = sender_.send(socket_.native_handle());
  count_answer_bytes();
  if (const auto sent = sender_.take_progress(); sent > 0) {
    sent_bytes_ += sent;
    last_progress_ = Clock::now();
  }
  if (state == SendState::failed) return close("answer could not be sent: " + std::string(std::strerror(errno)));
  if (state == SendState::blocked) return arm_writing();
  if (draining_ && slots_.empty()) close("drained");
}

void Session::count_answer_bytes() {
  const auto now = ready_bytes_ + sender_.backlog();
  if (now == counted_answer_bytes_) return;
  counts_.answer_bytes.add(now);
  counts_.answer_bytes.take(std::exchange(counted_answer_bytes_, now));
}

void Session::arm_writing() {
  writing_armed_ = true;
  socket_.async_wait(runtime::Socket::wait_write, [self = shared_from_this()](const boost::system::error_code& error) {
    self->writing_armed_ = false;
    if (error) return;
    self->flush();
    self->arm_reading();
  });
}

ConnectionFacts Session::facts() const {
  return {.peer = peer_.address,
          .client_id = peer_.said->client_id,
          .software = peer_.said->software,
          .since = began_,
          .requests = first_slot_ + slots_.size(),
          .received_bytes = received_bytes_,
          .sent_bytes = sent_bytes_};
}

void Session::drain() {
  draining_ = true;
  if (!in_turn_) flush();
}

void Session::close(const std::string& why) {
  if (closed_) return;
  closed_.store(true);
  boost::system::error_code ignored;
  socket_.close(ignored);
  counts_.requests.take(slots_.size());
  counts_.request_bytes.take(in_flight_bytes_);
  for (auto& slot : std::exchange(slots_, {})) {
    if (slot.cancel) slot.cancel();
  }
  // Replies that are still owed may keep this object for long; they shall keep nothing else.
  frames_ = FrameAssembler(0);
  sender_ = Sender();
  ready_bytes_ = 0;
  count_answer_bytes();
  on_close_(shared_from_this(), why);
}

void Session::check_deadlines(Clock::time_point now) {
  const auto quiet = now - last_progress_;
  if (!sender_.empty() && quiet > limits_.stall_timeout) return close("peer does not take its answer");
  // What we do not read because of our own limits is not the peer's fault.
  const bool unfinished = frames_.is_partial() && has_room();
  if (unfinished && quiet > limits_.stall_timeout) return close("peer does not finish its request");
  if (slots_.empty() && quiet > limits_.idle_timeout.load()) close("idle");
}

}  // namespace millrace::kafka
