#pragma once
// Pusher: the runner of one subscription with a web hook. Split over the files beside it: pusher.cpp has its life and
// its status, pusher_ask.cpp the question whether events are wanted, pusher_loop.cpp how events come to hand,
// pusher_send.cpp how they go out and are settled.
//
// One lane: all but start(), stop(), status() and the callbacks, which only post, happens on one network thread, and
// needs no lock. What is posted keeps it alive; while it is idle nothing of its own does.

#include <atomic>
#include <boost/asio/post.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "millrace/push/sink_state.hpp"
#include "millrace/push/verdict.hpp"
#include "millrace/tracing/span.hpp"
#include "reading.hpp"
#include "shared.hpp"
#include "terms.hpp"

namespace millrace::webhook {

class Pusher final : public dispatch::Runner, public Sleeper, public std::enable_shared_from_this<Pusher> {
 public:
  Pusher(std::shared_ptr<WebHooks::Shared> shared, std::string id, dispatch::Suspend suspend);
  ~Pusher() override;

  void start(dispatch::SubscriptionPtr subscription) override;
  void stop() override;
  [[nodiscard]] dispatch::RunnerStatus status() const override;
  void on_alarm() override;

 private:
  using Locks = std::vector<runtime::DeliveryLock>;
  using Received = tl::expected<runtime::Received, ErrorCode>;

  enum class Phase : std::uint8_t {
    new_made,
    asking,  ///< the sink has not said that it wants events
    active,
    ended,  ///< stopped, or to be suspended
  };

  /// A request that is under way.
  struct Flight {
    Locks locks;
    TermsPtr terms;
    push::SinkState::Ticket ticket;
    std::uint64_t era = 0;  ///< of the sink
    std::optional<tracing::Span> span;
  };

  // pusher.cpp
  void begin(const subscriptions::Subscription& subscription);
  void end();
  void give_up(std::string reason);
  void wake_at(Instant at);
  void note(std::int32_t status, std::string message);
  void set_phase(Phase phase);
  /// Counts it where it is now.
  void tell_phase(std::optional<SinkPhase> phase);
  [[nodiscard]] bool is_over() const { return is_stopped_.load() || phase_ == Phase::ended; }
  /// `then(*this)`, on the lane.
  template <class Then>
  void post(Then then) {
    runtime::asio::post(lane_, [self = shared_from_this(), then = std::move(then)]() mutable { then(*self); });
  }

  // pusher_ask.cpp
  void ask();
  void on_asked(std::uint64_t era, const sender::Outcome& outcome);
  void ask_later(Milliseconds at_least);

  // pusher_loop.cpp
  void pump();
  void on_received(Received received, Instant at);
  void on_read(Reading reading, Instant received_at);
  void wait_for_more();
  void on_ready(std::uint64_t turn, bool at_once);

  // pusher_send.cpp
  void send_all(std::vector<InHand> events, Instant received_at);
  /// Of the front, so many as one request takes; how many those were, or 0 when none may go now.
  [[nodiscard]] std::size_t send_front(std::span<const InHand> events, Instant received_at);
  void on_sent(Flight flight, const sender::Outcome& outcome);
  void settle(const Locks& locks, const push::Verdict& verdict);
  void release(const Locks& locks, Milliseconds delay);
  void acknowledge(const Locks& locks, EventEnd why);

  const std::shared_ptr<WebHooks::Shared> shared_;
  const std::string id_;
  const dispatch::Suspend suspend_;
  const std::uint64_t number_;
  const runtime::Executor lane_;
  std::atomic<bool> is_stopped_ = false;

  mutable std::mutex mutex_;
  dispatch::RunnerStatus status_;  ///< behind it

  // Of the lane.
  Phase phase_ = Phase::new_made;
  std::optional<SinkPhase> told_phase_;
  TermsPtr terms_;
  push::SinkPolicy policy_{};
  std::optional<push::SinkState> sink_;  ///< while it is active
  std::uint64_t era_ = 0;                ///< another one for each sink
  bool is_asked_ = false;                ///< a question is under way
  std::uint32_t unanswered_ = 0;         ///< questions in a row
  bool is_receiving_ = false;            ///< or reading
  runtime::Cancel wait_;
  std::uint64_t wait_turn_ = 0;
  bool was_ready_at_once_ = false;  ///< when it waited last
};

}  // namespace millrace::webhook
