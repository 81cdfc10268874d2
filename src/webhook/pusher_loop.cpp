// How events come to hand: received while the sink may be sent something, read from their log on another thread, and
// sent. One step is under way at a time; requests to the sink go on beside it.

#include <algorithm>
#include <utility>

#include "pusher.hpp"

namespace millrace::webhook {

namespace {

/// Delivery cannot be asked now: its log cannot be written, or it has ended.
constexpr Milliseconds unavailable_pause{1'000};
/// Something is ready, and cannot be had: as many are in hand as may be.
constexpr Milliseconds ready_pause{50};

}  // namespace

void Pusher::pump() {
  if (is_over() || phase_ != Phase::active || is_receiving_) return;
  const Instant now = shared_->now();
  const auto room = sink_->room(now);
  if (room.requests == 0) {
    // Without a wake it goes on when a request has ended.
    if (room.wake) wake_at(*room.wake);
    return;
  }
  if (auto cancel = std::exchange(wait_, nullptr)) cancel();
  is_receiving_ = true;
  const bool is_batch = terms_->mode == push::ContentMode::batch;
  const std::size_t max = is_batch ? terms_->bounds.events_max : room.requests;
  shared_->delivery.receive(id_, max, delivery::ConsumerId{number_}, [self = shared_from_this()](Received received) {
    self->post([received = std::move(received), at = self->shared_->now()](Pusher& pusher) mutable {
      pusher.on_received(std::move(received), at);
    });
  });
}

void Pusher::on_received(Received received, Instant at) {
  const bool has_some = received && !received->events.empty();
  if (!has_some) is_receiving_ = false;
  if (is_over()) {
    Locks locks;
    for (const auto& one : has_some ? received->events : std::vector<runtime::Delivered>()) {
      locks.push_back({one.partition, one.event.token});
    }
    return release(locks, Milliseconds(0));
  }
  if (!received) return wake_at(shared_->now() + unavailable_pause);
  if (!has_some && was_ready_at_once_) {
    was_ready_at_once_ = false;
    return wake_at(shared_->now() + ready_pause);
  }
  if (!has_some) return wait_for_more();
  was_ready_at_once_ = false;
  auto& reader = *shared_->readers[number_ % shared_->readers.size()];
  reader.post([self = shared_from_this(), topic = terms_->topic, events = std::move(received->events), at] {
    auto reading = read(*self->shared_, self->id_, topic, events);
    self->post([reading = std::move(reading), at](Pusher& pusher) mutable { pusher.on_read(std::move(reading), at); });
  });
}

void Pusher::on_read(Reading reading, Instant received_at) {
  is_receiving_ = false;
  acknowledge(reading.gone, EventEnd::gone);
  release(reading.left, Milliseconds(0));
  release(reading.unreadable, unavailable_pause);
  if (terms_->honours_expiry) {
    Locks expired;
    std::erase_if(reading.events, [&, now = shared_->broker.now().wall](const InHand& one) {
      const bool is_over_now = !one.is_redriven && is_expired(one.event, now);
      if (is_over_now) expired.push_back(one.lock);
      return is_over_now;
    });
    acknowledge(expired, EventEnd::expired);
  }
  send_all(std::move(reading.events), received_at);
  pump();
}

void Pusher::wait_for_more() {
  const auto arming = std::make_shared<std::atomic<bool>>(true);
  auto cancel = shared_->delivery.wait(id_, [weak = weak_from_this(), arming, turn = ++wait_turn_] {
    const auto self = weak.lock();
    if (!self) return;
    self->post([turn, at_once = arming->load()](Pusher& pusher) { pusher.on_ready(turn, at_once); });
  });
  arming->store(false);
  wait_ = std::move(cancel);
}

void Pusher::on_ready(std::uint64_t turn, bool at_once) {
  if (turn != wait_turn_) return;  // It has received since, and waits anew.
  wait_ = nullptr;
  was_ready_at_once_ = at_once;
  pump();
}

}  // namespace millrace::webhook
