// POST /v1/subscriptions/{subscription}:receive hands out events of a pull subscription, and waits for some if asked
// to.
//
// What is handed out and cannot be told goes back at once: when it does not fit into the answer, when it cannot be
// read, when who has asked is gone. What the log does not have any more is settled.

#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "awaited.hpp"
#include "body.hpp"
#include "delivery_limits.hpp"
#include "delivery_token.hpp"
#include "event_lookup.hpp"
#include "event_spans.hpp"
#include "millrace/core/escaped.hpp"
#include "millrace/core/rfc3339.hpp"
#include "millrace/deadletter/letter.hpp"
#include "query.hpp"
#include "readers.hpp"
#include "routes.hpp"
#include "subscription_view.hpp"

namespace millrace::http::routes {

namespace {

using Got = tl::expected<runtime::Received, ErrorCode>;
using Locks = std::vector<runtime::DeliveryLock>;
using Fate = runtime::RecordFate;

struct ReceiveWish {
  std::size_t events_max = 0;
  Milliseconds wait{0};
  delivery::ConsumerId consumer{};
};

/// What was handed out, and what there is to say of it.
struct Hand {
  std::string body{};  ///< empty: nothing
  Locks locks{};       ///< of what is in `body`
  /// What is in `body`, when somebody traces it: handed out for the first time, and again; the attempts of these.
  std::vector<ReadEvent> first{}, again{};
  std::uint16_t attempt = 1;
  Locks unfit{};
  Locks unreadable{};
  Locks gone{};
};

/// Without a name everybody is somebody else.
delivery::ConsumerId consumer_of(const Context& context, const std::optional<std::string>& name) {
  if (name) return consumer_named(*name);
  const Uuid chance = context.broker.fresh_uuid();
  return delivery::ConsumerId{load_be<std::uint64_t>(chance.bytes.data())};
}

Result<ReceiveWish> read_receive(const Context& context, const Request& request) {
  Query query(request);
  const auto most = query.number("max_events", 1, delivery_limits::events_max);
  if (!most) return failure_of(most);
  const auto wait = query.number("wait_ms", 0, delivery_limits::wait_ms_max);
  if (!wait) return failure_of(wait);
  const auto consumer = query.text("consumer");
  if (consumer) {
    if (auto fits = check_consumer(*consumer); !fits) return failure_of(fits);
  }
  if (auto known = query.all_known(); !known) return failure_of(known);
  if (!is_bare(request)) return failure(Errc::invalid, "events are received without a body");
  return ReceiveWish{.events_max = static_cast<std::size_t>(most->value_or(delivery_limits::events_default)),
                     .wait = Milliseconds(wait->value_or(0)),
                     .consumer = consumer_of(context, consumer)};
}

bool is_expired(const ReadEvent& read, Timestamp now) {
  const auto expires = parse_rfc3339(read.event.text("expirytime"));
  return expires && *expires <= now;
}

/// Puts the events of one answer together, on a thread that may read.
class Telling {
 public:
  Telling(const Context& context, const subscriptions::Subscription& subscription, Timestamp locked_until,
          bool is_traced)
      : context_(context), subscription_(subscription), until_(rfc3339(locked_until)), is_traced_(is_traced) {}

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
    if (!hand_.body.empty()) hand_.body += "]}\n";
    return std::move(hand_);
  }

 private:
  void tell_part(const runtime::HostedTopicPtr& topic, const std::vector<runtime::Delivered>& part) {
    std::vector<Offset> offsets;
    for (const auto& each : part) offsets.push_back(each.event.token.offset);
    auto looked_up =
        topic ? look_up_events(context_.broker, *topic, part.front().partition, offsets, room_, hand_.locks.empty())
              : std::vector<LookedUp>(part.size(), {.fate = Fate::gone});
    for (std::size_t i = 0; i < part.size(); ++i) {
      if (topic) look_into_letters(*topic, part[i], looked_up[i]);
      put(part[i], looked_up[i]);
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
    if (subscription_.config.honours_expiry && is_expired(looked_up.read, context_.broker.now().wall))
      return hand_.gone.push_back(lock);
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
  bool is_traced_;
  std::size_t room_ = delivery_limits::bytes_max;
  Hand hand_;
};

void give_back(const Context& context, const std::string& id, const Locks& locks, Milliseconds pause) {
  if (!locks.empty()) context.delivery.release(id, locks, pause, [](const auto&) {});
}

void tell_hand(const Context& context, const RequestTrace& trace, tracing::UnixNanoseconds began,
               const subscriptions::Subscription& subscription, const Hand& hand) {
  const auto& topic = subscription.config.topic;
  const HandOutOf first{.subscription = subscription.id};
  const HandOutOf again{.subscription = subscription.id, .attempt = hand.attempt};
  if (!hand.first.empty()) tell_delivery(*context.tracer, trace, began, topic, hand.first, &first);
  if (!hand.again.empty()) tell_delivery(*context.tracer, trace, began, topic, hand.again, &again);
}

runtime::Task<Hand> tell(const Context& context, dispatch::SubscriptionPtr subscription, runtime::Received received,
                         Timestamp locked_until, std::optional<RequestTrace> traced) {
  const auto began = traced ? context.tracer->now() : 0;
  auto look = [&context, &subscription, &received, &traced, locked_until](auto done) {
    context.readers.post([&context, &subscription, &received, &traced, locked_until, done = std::move(done)]() mutable {
      Telling telling(context, *subscription, locked_until, traced.has_value());
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

/// Until there may be something, or `left` is over.
runtime::Task<> wait_for_events(const Context& context, const std::string& id, Milliseconds left) {
  runtime::Cancel cancel;
  auto ask = [&context, &id, &cancel](auto done) {
    cancel = context.delivery.wait(id, [done]() mutable { done(true); });
  };
  (void)co_await awaited_within<bool>(left, std::move(ask));
  if (cancel) cancel();
}

runtime::Task<> pause_for(Milliseconds pause) {
  const runtime::Executor executor = co_await boost::asio::this_coro::executor;
  runtime::Timer timer(executor, pause);
  co_await timer.async_wait(boost::asio::use_awaitable_t<runtime::Executor>());
}

Problem no_events(const Context& context, const std::string& id, ErrorCode error) {
  if (!context.dispatcher.find(id)) return no_subscription(id);
  if (error != ErrorCode::unknown_topic_id && error != ErrorCode::resource_not_found) return no_delivery(error);
  return {409, "suspended", "Nothing is handed out", "the topic of subscription " + escaped(id) + " was deleted"};
}

}  // namespace

runtime::Task<Response> receive_events(const Context& context, Request request) {
  Response nothing{.status = 204, .content_type = "", .body = "", .fields = {}};
  const auto wish = read_receive(context, request);
  if (!wish) co_return answer_of(problems::invalid(wish.error().message), request.id);
  const auto until = context.broker.now().steady + wish->wait;
  auto pause = Milliseconds(0);
  while (true) {
    const auto view = find_pull(context, request);
    if (!view) co_return answer_of(view.error(), request.id);
    const auto id = view->subscription->id;
    if (view->state == dispatch::State::suspended) {
      co_return answer_of(Problem{409, "suspended", "Nothing is handed out",
                                  "subscription " + escaped(id) + " is suspended: " + escaped(view->reason)},
                          request.id);
    }
    // Nobody would settle what is handed out to who is gone.
    if (request.is_gone()) co_return nothing;
    const auto asked_at = context.broker.now().wall;
    auto ask = [&context, &id, &wish](auto done) {
      context.delivery.receive(id, wish->events_max, wish->consumer, std::move(done));
    };
    auto got = co_await awaited<Got>(std::move(ask));
    if (!got) co_return answer_of(no_events(context, id, got.error()), request.id);
    if (!got->events.empty()) {
      const auto locked_until = asked_at + got->lock_time.count();
      auto traced = request.trace;
      auto hand = co_await tell(context, view->subscription, *std::move(got), locked_until, std::move(traced));
      if (request.is_gone()) {
        give_back(context, id, hand.locks, Milliseconds(0));
        co_return nothing;
      }
      if (!hand.body.empty()) {
        Response response;
        response.body = std::move(hand.body);
        response.when_unsent = [delivery = &context.delivery, id, locks = std::move(hand.locks)] {
          delivery->release(id, locks, Milliseconds(0), [](const auto&) {});
        };
        co_return response;
      }
    }
    const auto left = until - context.broker.now().steady;
    if (left <= Milliseconds(0) || context.draining) co_return nothing;
    if (pause > Milliseconds(0)) co_await pause_for(std::min(pause, left));
    pause = std::clamp(2 * pause, delivery_limits::pause_min, delivery_limits::pause_max);
    co_await wait_for_events(context, id, std::max(until - context.broker.now().steady, Milliseconds(0)));
  }
}

}  // namespace millrace::http::routes
