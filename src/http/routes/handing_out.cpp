#include "handing_out.hpp"

#include <spdlog/logger.h>

#include <algorithm>

#include "awaited.hpp"
#include "delivery_limits.hpp"
#include "delivery_token.hpp"
#include "event_lookup.hpp"
#include "event_spans.hpp"
#include "json.hpp"
#include "millrace/core/rfc3339.hpp"
#include "millrace/deadletter/letter.hpp"
#include "readers.hpp"

namespace millrace::http::routes {

namespace {

using Fate = runtime::RecordFate;

bool is_expired(const ReadEvent& read, Timestamp now) {
  const auto expires = parse_rfc3339(read.event.text("expirytime"));
  return expires && *expires <= now;
}

/// Puts the events of one answer together, on a thread that may read.
class Telling {
 public:
  Telling(const Context& context, const subscriptions::Subscription& subscription, Timestamp locked_until,
          std::size_t room, bool is_traced)
      : context_(context),
        subscription_(subscription),
        until_(rfc3339(locked_until)),
        room_(room),
        is_traced_(is_traced) {}

  [[nodiscard]] Hand tell(const std::vector<runtime::Delivered>& events) {
    const auto topic = context_.broker.topology()->find(subscription_.config.topic);
    for (auto from = events.begin(); from != events.end();) {
      const auto is_other = [&](const runtime::Delivered& each) { return each.partition != from->partition; };
      const auto to = std::find_if(from, events.end(), is_other);
      std::vector<runtime::Delivered> part(from, to);
      std::ranges::sort(part, {}, [](const runtime::Delivered& each) { return each.event.token.offset; });
      tell_part(topic, part);
      from = to;
    }
    if (!hand_.body.empty()) hand_.body += "]}";
    return std::move(hand_);
  }

 private:
  void tell_part(const runtime::HostedTopicPtr& topic, const std::vector<runtime::Delivered>& part) {
    std::vector<Offset> offsets;
    for (const auto& each : part) offsets.push_back(each.event.token.offset);
    const auto partition = part.front().partition;
    LookedUpEvents looked_up{.events = std::vector<LookedUp>(part.size(), {.fate = Fate::gone})};
    if (topic) looked_up = look_up_events(context_.broker, *topic, partition, offsets, room_, hand_.locks.empty());
    if (looked_up.trouble) {
      context_.diagnostics.error("events not read topic={} partition={} subscription={} offset={} why=\"{}\"",
                                 subscription_.config.topic, partition, subscription_.id, looked_up.troubled.value(),
                                 looked_up.trouble->message);
    }
    for (std::size_t i = 0; i < part.size(); ++i) {
      if (topic) look_into_letters(*topic, part[i], looked_up.events[i]);
      put(part[i], looked_up.events[i]);
    }
  }

  /// What was redriven after its log had lost it is in its dead letter, and so is what was edited since it died.
  void look_into_letters(const runtime::HostedTopic& topic, const runtime::Delivered& delivered, LookedUp& into) {
    const bool is_gone = into.fate == Fate::gone;
    if (!is_gone && (into.fate != Fate::found || !context_.letters.has_edited())) return;
    const auto home = context_.delivery.home_of(subscription_.id, delivered.partition);
    if (!home) return;
    const auto offset = delivered.event.token.offset;
    auto& letters = context_.letters;
    const auto original = is_gone ? letters.original_of(*home, offset) : letters.edited_of(*home, offset);
    if (!original) return;
    const auto headers = deadletter::headers_of(*original);
    into = looked_up(topic, delivered.partition, offset, deadletter::view_of(*original, headers));
  }

  void put(const runtime::Delivered& delivered, LookedUp& looked_up) {
    const runtime::DeliveryLock lock{.partition = delivered.partition, .token = delivered.event.token};
    switch (looked_up.fate) {
      case Fate::gone: return hand_.gone.push_back(lock);
      case Fate::unreadable: return hand_.unreadable.push_back(lock);
      case Fate::left: return hand_.unfit.push_back(lock);
      case Fate::found: break;
    }
    const bool may_expire = subscription_.config.honours_expiry && !delivered.event.is_redriven;
    if (may_expire && is_expired(looked_up.read, context_.broker.now().wall)) return hand_.gone.push_back(lock);
    tell_place(lock, delivered.event.attempt, looked_up.read);
    // The event is spliced in, so that its data stays byte for byte what it is.
    hand_.body.append(",\"event\":").append(looked_up.text).append("}");
    hand_.locks.push_back(lock);
    if (!is_traced_) return;
    hand_.attempt = std::max(hand_.attempt, delivered.event.attempt);
    (delivered.event.attempt > 1 ? hand_.again : hand_.first).push_back(std::move(looked_up.read));
  }

  /// Of each event handed out, so it is put together without a document.
  void tell_place(const runtime::DeliveryLock& lock, std::uint16_t attempt, const ReadEvent& read) {
    auto& out = hand_.body;
    out.append(out.empty() ? "{\"events\":[" : ",").append("{\"lock\":{\"token\":\"");
    out.append(token_of(lock))
        .append("\",\"attempt\":")
        .append(std::to_string(attempt))
        .append(",\"until\":\"")
        .append(until_);
    out.append("\"},\"record\":{\"topic\":\"").append(subscription_.config.topic);
    out.append("\",\"partition\":").append(std::to_string(read.partition)).append(",\"offset\":");
    out.append(std::to_string(read.offset.value())).append(",\"timestamp\":\"").append(rfc3339(read.timestamp));
    out.append("\",\"key\":");
    if (read.key) {
      append_json_text(out, *read.key);
    } else {
      out.append("null");
    }
    out.append("}");
  }

  const Context& context_;
  const subscriptions::Subscription& subscription_;
  std::string until_;
  std::size_t room_;
  bool is_traced_;
  Hand hand_;
};

void tell_hand(const Context& context, const RequestTrace& trace, tracing::UnixNanoseconds began,
               const subscriptions::Subscription& subscription, const Hand& hand) {
  const auto& topic = subscription.config.topic;
  const HandOutOf first{.subscription = subscription.id};
  const HandOutOf again{.subscription = subscription.id, .attempt = hand.attempt};
  if (!hand.first.empty()) tell_delivery(*context.tracer, trace, began, topic, hand.first, &first);
  if (!hand.again.empty()) tell_delivery(*context.tracer, trace, began, topic, hand.again, &again);
}

}  // namespace

delivery::ConsumerId consumer_of(const Context& context, const std::optional<std::string>& name) {
  if (name) return consumer_named(*name);
  const Uuid chance = context.broker.fresh_uuid();
  return delivery::ConsumerId{load_be<std::uint64_t>(chance.bytes.data())};
}

void give_back(const Context& context, const std::string& id, const Locks& locks, Milliseconds pause) {
  if (!locks.empty()) context.delivery.release(id, locks, pause, [](const auto&) {});
}

runtime::Task<Hand> hand_over(const Context& context, dispatch::SubscriptionPtr subscription,
                              runtime::Received received, Timestamp locked_until, std::size_t room,
                              std::optional<RequestTrace> traced) {
  const auto began = traced ? context.tracer->now() : 0;
  auto look = [&context, &subscription, &received, &traced, locked_until, room](auto done) {
    context.readers.post(
        [&context, &subscription, &received, &traced, locked_until, room, done = std::move(done)]() mutable {
          Telling telling(context, *subscription, locked_until, room, traced.has_value());
          done(telling.tell(received.events));
        });
  };
  auto hand = co_await awaited<Hand>(std::move(look));
  if (traced) tell_hand(context, *traced, began, *subscription, hand);
  const auto& id = subscription->id;
  give_back(context, id, hand.unfit, Milliseconds(0));
  give_back(context, id, hand.unreadable, delivery_limits::unreadable_pause);
  if (!hand.gone.empty()) context.delivery.acknowledge(id, hand.gone, [](const auto&) {});
  co_return hand;
}

}  // namespace millrace::http::routes
