// A sink is tested: POST /v1/subscriptions/{subscription}:test (docs/push.md).

#include "awaited.hpp"
#include "body.hpp"
#include "millrace/core/escaped.hpp"
#include "millrace/dispatch/sink_test.hpp"
#include "routes.hpp"
#include "subscription_view.hpp"

namespace millrace::http::routes {

namespace {

using dispatch::SinkTest;
using Tested = Result<SinkTest>;

const char* name_of(SinkTest::Word word) {
  switch (word) {
    case SinkTest::Word::granted: return "granted";
    case SinkTest::Word::refused: return "refused";
    case SinkTest::Word::away: return "away";
    case SinkTest::Word::not_asked: break;
  }
  return "not-asked";
}

const char* name_of(SinkTest::WouldBe fate) {
  switch (fate) {
    case SinkTest::WouldBe::delivered: return "delivered";
    case SinkTest::WouldBe::retried: return "retried";
    case SinkTest::WouldBe::dead_lettered: return "dead-lettered";
    case SinkTest::WouldBe::discarded: return "discarded";
    case SinkTest::WouldBe::released: return "released";
    case SinkTest::WouldBe::suspended: return "suspended";
    case SinkTest::WouldBe::pending: break;
  }
  return "pending";
}

/// 0 and an empty text are nothing to tell.
Json status_or_null(std::int32_t status) { return status == 0 ? Json() : Json(status); }
Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

Json test_json(const subscriptions::Subscription& subscription, const SinkTest& test) {
  Json body{{"subscription", subscription.id}, {"sink", subscription.sink}};
  const auto& consent = test.consent;
  body["consent"] = Json{{"word", name_of(consent.word)},
                         {"status", status_or_null(consent.status)},
                         {"rate_per_minute", consent.per_minute ? Json(*consent.per_minute) : Json()},
                         {"why", text_or_null(consent.why)}};
  body["event"] = nullptr;
  if (!test.event_id.empty()) body["event"] = Json{{"id", test.event_id}, {"type", dispatch::test_event_type}};
  body["answer"] = nullptr;
  if (test.answer) {
    body["answer"] = Json{{"status", status_or_null(test.answer->status)},
                          {"cause", text_or_null(test.answer->cause)},
                          {"took_ms", test.answer->took.count()}};
  }
  body["would_be"] = name_of(test.would_be);
  body["reason"] = text_or_null(test.reason);
  body["pause_ms"] = test.pause.count();
  return body;
}

std::optional<Problem> why_no_test(const dispatch::View& view) {
  const auto& id = view.subscription->id;
  switch (view.subscription->protocol) {
    case subscriptions::Protocol::pull:
      return problems::invalid("subscription " + escaped(id) +
                               " is asked for its events (pull): only one with the protocol HTTP has a sink to test");
    case subscriptions::Protocol::kafka:
      return problems::invalid("subscription " + escaped(id) +
                               " has the protocol KAFKA: only one with the protocol HTTP has a sink to test");
    case subscriptions::Protocol::http: break;
  }
  if (!view.lacks_credential) return std::nullopt;
  return Problem{
      409, "unresumable", "What it was suspended for is still so",
      "the credential of subscription " + escaped(id) + " cannot be read, and none of its events goes without"};
}

}  // namespace

runtime::Task<Response> test_subscription(const Context& context, Request request) {
  const auto& id = request.named.at("subscription");
  if (!request.query.empty() || !is_bare(request)) {
    co_return answer_of(problems::invalid("a subscription is tested without parameters and without a body"),
                        request.id);
  }
  const auto view = context.dispatcher.find(id);
  if (!view) co_return answer_of(no_subscription(id), request.id);
  if (auto problem = why_no_test(*view)) co_return answer_of(*problem, request.id);
  auto ask = [&context, subscription = view->subscription](auto done) {
    context.sink_tests.test(subscription, std::move(done));
  };
  const auto got = co_await awaited<Tested>(std::move(ask));
  if (!got) {
    Problem problem{503, "not-available", "It cannot be tested now", got.error().message};
    problem.fields.emplace_back("Retry-After", "1");
    co_return answer_of(problem, request.id);
  }
  co_return json_answer(test_json(*view->subscription, *got));
}

}  // namespace millrace::http::routes
