// POST /v1/subscriptions/{subscription}:receive hands out events of a pull subscription, and waits for some if asked
// to.
//
// What is handed out and cannot be told goes back at once (handing_out.hpp), and so does all of it when who has asked
// is gone.

#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "awaited.hpp"
#include "body.hpp"
#include "delivery_limits.hpp"
#include "delivery_token.hpp"
#include "handing_out.hpp"
#include "millrace/core/escaped.hpp"
#include "query.hpp"
#include "routes.hpp"
#include "subscription_view.hpp"

namespace millrace::http::routes {

namespace {

using Got = tl::expected<runtime::Received, ErrorCode>;

struct ReceiveWish {
  std::size_t events_max = 0;
  Milliseconds wait{0};
  delivery::ConsumerId consumer{};
};

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
    const auto view = find_pull(context, request.named.at("subscription"));
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
      auto hand = co_await hand_over(context, view->subscription, *std::move(got), locked_until,
                                     delivery_limits::bytes_max, std::move(traced));
      if (request.is_gone()) {
        give_back(context, id, hand.locks, Milliseconds(0));
        co_return nothing;
      }
      if (!hand.body.empty()) {
        Response response;
        response.body = std::move(hand.body) + "\n";
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
