// Events in hand, settled one by one: acknowledged, renewed, given back, failed, rejected. Each token is answered for
// itself.

#include "awaited.hpp"
#include "body.hpp"
#include "delivery_limits.hpp"
#include "delivery_token.hpp"
#include "routes.hpp"
#include "settling.hpp"
#include "subscription_view.hpp"

namespace millrace::http::routes {

namespace {

struct SettleWish {
  Settlement settlement;
  std::optional<std::string> consumer{};  ///< all that it has in hand, instead of the tokens
};

Result<SettleWish> read_settle(const Request& request, SettleVerb verb) {
  if (!request.query.empty()) return failure(Errc::invalid, "events are settled without parameters");
  auto body = Body::of(request);
  if (!body) return failure_of(body);
  SettleWish wish{.settlement = {.verb = verb}};
  auto tokens = body->list("tokens", delivery_limits::tokens_max);
  if (!tokens) return failure_of(tokens);
  wish.settlement.tokens = std::move(*tokens);
  if (verb == SettleVerb::release) {
    auto consumer = body->text("consumer");
    if (!consumer) return failure_of(consumer);
    wish.consumer = std::move(*consumer);
  }
  if (wish.consumer && !wish.settlement.tokens.empty())
    return failure(Errc::invalid, "one of tokens and consumer says which events are meant, and only one");
  if (!wish.consumer && wish.settlement.tokens.empty())
    return failure(Errc::invalid, "tokens: which events are meant, is not said");
  if (wish.consumer) {
    if (auto fits = check_consumer(*wish.consumer); !fits) return failure_of(fits);
  }
  if (auto read = read_details(*body, wish.settlement); !read) return failure_of(read);
  if (auto known = body->all_known(); !known) return failure_of(known);
  return wish;
}

Response answer_of(const SettledTokens& tokens) {
  Response response;
  response.body = "{\"settled\":[" + tokens.settled + "],\"failed\":[" + tokens.failed + "]}\n";
  return response;
}

runtime::Task<Response> settle_by(const Context& context, Request request, SettleVerb verb) {
  const auto view = find_pull(context, request.named.at("subscription"));
  if (!view) co_return answer_of(view.error(), request.id);
  const auto wish = read_settle(request, verb);
  if (!wish) co_return answer_of(problems::invalid(wish.error().message), request.id);
  const auto& id = view->subscription->id;
  SettledTokens told;
  if (wish->consumer) {
    context.delivery.consumer_gone(id, consumer_named(*wish->consumer));
    co_return answer_of(told);
  }
  auto ask = [&context, &id, &wish](auto done) {
    settle(context.delivery, id, wish->settlement,
           [done = std::move(done)](TokenErrors errors) mutable { done(std::move(errors)); });
  };
  const auto errors = co_await awaited<TokenErrors>(std::move(ask));
  if (!errors) co_return answer_of(no_delivery(errors.error()), request.id);
  told.add(wish->settlement.tokens, *errors);
  co_return answer_of(told);
}

}  // namespace

runtime::Task<Response> acknowledge_events(const Context& context, Request request) {
  co_return co_await settle_by(context, std::move(request), SettleVerb::acknowledge);
}

runtime::Task<Response> renew_events(const Context& context, Request request) {
  co_return co_await settle_by(context, std::move(request), SettleVerb::renew);
}

runtime::Task<Response> release_events(const Context& context, Request request) {
  co_return co_await settle_by(context, std::move(request), SettleVerb::release);
}

runtime::Task<Response> fail_events(const Context& context, Request request) {
  co_return co_await settle_by(context, std::move(request), SettleVerb::fail);
}

runtime::Task<Response> reject_events(const Context& context, Request request) {
  co_return co_await settle_by(context, std::move(request), SettleVerb::reject);
}

}  // namespace millrace::http::routes
