#pragma once
// The promise of one answer. Whoever holds it owes the client exactly one of send(), none() or hang_up(); it may be
// kept as long as need be and used from any thread. A Reply that is destroyed without having been used hangs up, so
// that a lost answer can never leave a client waiting behind it.

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "outgoing.hpp"

namespace millrace::kafka {

/// What a connection must be able to do with an answer. Shared: called from any thread.
class AnswerSink {
 public:
  AnswerSink() = default;
  AnswerSink(const AnswerSink&) = delete;
  AnswerSink& operator=(const AnswerSink&) = delete;
  virtual ~AnswerSink() = default;

  /// Nothing means that this request gets no answer.
  virtual void answer(std::uint64_t slot, std::optional<Outgoing> outgoing) = 0;
  virtual void hang_up() = 0;
  /// `cancel` is called if the connection ends before the slot was answered. On the connection's thread only.
  virtual void when_closed(std::uint64_t slot, std::function<void()> cancel) = 0;
};

class Reply {
 public:
  Reply(std::shared_ptr<AnswerSink> sink, std::uint64_t slot) : sink_(std::move(sink)), slot_(slot) {}
  Reply(Reply&&) noexcept = default;
  Reply& operator=(Reply&&) noexcept = default;
  ~Reply() {
    if (sink_) sink_->hang_up();
  }

  /// For an answer that may wait long: what to give up when the client goes. Requires: on the connection's thread, and
  /// the answer was not given yet. Returns a function so that it can be named before the Reply is moved away.
  [[nodiscard]] std::function<void(std::function<void()>)> closing_hook() const {
    return [sink = std::weak_ptr(sink_), slot = slot_](std::function<void()> cancel) {
      if (const auto open = sink.lock()) open->when_closed(slot, std::move(cancel));
    };
  }

  void send(Outgoing outgoing) { std::exchange(sink_, nullptr)->answer(slot_, std::move(outgoing)); }
  /// Produce with acks=0: the answer is silence.
  void none() { std::exchange(sink_, nullptr)->answer(slot_, std::nullopt); }
  void hang_up() { std::exchange(sink_, nullptr)->hang_up(); }

 private:
  std::shared_ptr<AnswerSink> sink_;
  std::uint64_t slot_;
};

}  // namespace millrace::kafka
