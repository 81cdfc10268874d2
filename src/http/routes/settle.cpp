// Events in hand, settled one by one: acknowledged, renewed, given back, failed, rejected. Each token is answered for
// itself.

#include "awaited.hpp"
#include "body.hpp"
#include "delivery_limits.hpp"
#include "delivery_token.hpp"
#include "routes.hpp"
#include "subscription_view.hpp"

namespace millrace::http::routes {

namespace {

using Answers = tl::expected<std::vector<runtime::LockAnswer>, ErrorCode>;

struct SettleWish {
  std::vector<std::string> tokens{};
  Milliseconds delay{0};
  delivery::FailedAttempt failure{};
  std::optional<std::string> consumer{};  ///< all that it has in hand, instead of `tokens`
};

enum class Says : std::uint8_t { nothing, delay, failure, failure_and_delay };

Result<void> read_delay(Body& body, SettleWish& into) {
  const auto delay = body.integer("delay_ms");
  if (!delay) return failure_of(delay);
  const auto most = delivery::delay_ceiling.count();
  if (delay->value_or(0) < 0 || delay->value_or(0) > most)
    return failure(Errc::invalid, "delay_ms: " + std::to_string(**delay) + " is not from 0 to " + std::to_string(most));
  into.delay = Milliseconds(delay->value_or(0));
  return {};
}

Result<void> read_failure(Body& body, SettleWish& into) {
  const auto code = body.number("code");
  if (!code) return failure_of(code);
  auto message = body.text("message");
  if (!message) return failure_of(message);
  into.failure = {
      .reason = delivery::Reason::rejected, .code = code->value_or(0), .message = std::move(*message).value_or("")};
  return {};
}

Result<SettleWish> read_settle(const Request& request, Says says) {
  if (!request.query.empty()) return failure(Errc::invalid, "events are settled without parameters");
  auto body = Body::of(request);
  if (!body) return failure_of(body);
  SettleWish wish;
  auto tokens = body->list("tokens", delivery_limits::tokens_max);
  if (!tokens) return failure_of(tokens);
  wish.tokens = std::move(*tokens);
  if (says == Says::delay) {
    auto consumer = body->text("consumer");
    if (!consumer) return failure_of(consumer);
    wish.consumer = std::move(*consumer);
  }
  if (wish.consumer && !wish.tokens.empty())
    return failure(Errc::invalid, "one of tokens and consumer says which events are meant, and only one");
  if (!wish.consumer && wish.tokens.empty())
    return failure(Errc::invalid, "tokens: which events are meant, is not said");
  if (wish.consumer) {
    if (auto fits = check_consumer(*wish.consumer); !fits) return failure_of(fits);
  }
  if (says == Says::delay || says == Says::failure_and_delay) {
    if (auto read = read_delay(*body, wish); !read) return failure_of(read);
  }
  if (says == Says::failure || says == Says::failure_and_delay) {
    if (auto read = read_failure(*body, wish); !read) return failure_of(read);
  }
  if (auto known = body->all_known(); !known) return failure_of(known);
  return wish;
}

constexpr std::string_view no_token = "unknown";

std::string_view error_of(const runtime::LockAnswer& answer) {
  if (answer.unavailable != ErrorCode::none) return "unavailable";
  if (answer.error == delivery::TokenError::none) return {};
  return answer.error == delivery::TokenError::lost ? "lost" : no_token;
}

/// `places` says which token each lock is of; the others are no tokens.
Response told(const std::vector<std::string>& tokens, const std::vector<std::size_t>& places,
              const std::vector<runtime::LockAnswer>& answers) {
  std::vector<std::string_view> errors(tokens.size(), no_token);
  for (std::size_t i = 0; i < places.size(); ++i) errors[places[i]] = error_of(answers[i]);
  std::string settled, failed;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (errors[i].empty()) {
      if (!settled.empty()) settled += ',';
      append_json_text(settled, tokens[i]);
    } else {
      failed.append(failed.empty() ? "{\"token\":" : ",{\"token\":");
      append_json_text(failed, tokens[i]);
      failed.append(",\"error\":\"").append(errors[i]).append("\"}");
    }
  }
  Response response;
  response.body.append("{\"settled\":[").append(settled).append("],\"failed\":[").append(failed).append("]}\n");
  return response;
}

/// `act(locks, wish, done)` settles.
template <class Act>
runtime::Task<Response> settle(const Context& context, Request request, Says says, Act act) {
  const auto view = find_pull(context, request);
  if (!view) co_return answer_of(view.error(), request.id);
  const auto wish = read_settle(request, says);
  if (!wish) co_return answer_of(problems::invalid(wish.error().message), request.id);
  if (wish->consumer) {
    context.delivery.consumer_gone(view->subscription->id, consumer_named(*wish->consumer));
    co_return told({}, {}, {});
  }
  std::vector<runtime::DeliveryLock> locks;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < wish->tokens.size(); ++i) {
    const auto lock = parse_token(wish->tokens[i]);
    if (!lock) continue;
    locks.push_back(*lock);
    places.push_back(i);
  }
  auto ask = [&act, &locks, &wish](auto done) { act(locks, *wish, std::move(done)); };
  auto answers = co_await awaited<Answers>(std::move(ask));
  if (!answers && answers.error() == ErrorCode::resource_not_found) {
    // The topic is gone, and with it all that was in hand.
    answers = std::vector<runtime::LockAnswer>(locks.size(), {.error = delivery::TokenError::lost});
  }
  if (!answers) co_return answer_of(no_delivery(answers.error()), request.id);
  co_return told(wish->tokens, places, *answers);
}

}  // namespace

runtime::Task<Response> acknowledge_events(const Context& context, Request request) {
  auto act = [&context, id = request.named.at("subscription")](const auto& locks, const SettleWish&, auto done) {
    context.delivery.acknowledge(id, locks, std::move(done));
  };
  co_return co_await settle(context, std::move(request), Says::nothing, std::move(act));
}

runtime::Task<Response> renew_events(const Context& context, Request request) {
  auto act = [&context, id = request.named.at("subscription")](const auto& locks, const SettleWish&, auto done) {
    context.delivery.renew(id, locks, std::move(done));
  };
  co_return co_await settle(context, std::move(request), Says::nothing, std::move(act));
}

runtime::Task<Response> release_events(const Context& context, Request request) {
  auto act = [&context, id = request.named.at("subscription")](const auto& locks, const SettleWish& wish, auto done) {
    context.delivery.release(id, locks, wish.delay, std::move(done));
  };
  co_return co_await settle(context, std::move(request), Says::delay, std::move(act));
}

runtime::Task<Response> fail_events(const Context& context, Request request) {
  auto act = [&context, id = request.named.at("subscription")](const auto& locks, const SettleWish& wish, auto done) {
    context.delivery.fail(id, locks, wish.failure, wish.delay, std::move(done));
  };
  co_return co_await settle(context, std::move(request), Says::failure_and_delay, std::move(act));
}

runtime::Task<Response> reject_events(const Context& context, Request request) {
  auto act = [&context, id = request.named.at("subscription")](const auto& locks, const SettleWish& wish, auto done) {
    context.delivery.reject(id, locks, wish.failure, std::move(done));
  };
  co_return co_await settle(context, std::move(request), Says::failure, std::move(act));
}

}  // namespace millrace::http::routes
