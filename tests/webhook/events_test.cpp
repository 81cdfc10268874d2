// What becomes of events, by what their sink answers.

#include <gmock/gmock.h>

#include "bench.hpp"

namespace millrace::webhook {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// A row of the table of docs/push.md.
struct Row {
  std::string name;
  Outcome first;  ///< and 204 from then on
  bool is_delivered = true;
  std::size_t requests = 1;
  std::uint64_t failed = 0;
  std::uint64_t died = 0;
  std::string suspended{};
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

struct TableOfAnswers : testing::TestWithParam<Row> {};

TEST_P(TableOfAnswers, DecidesWhatBecomesOfTheEvent) {
  const Row& row = GetParam();
  Bench bench;
  bench.sink.on_events = [&](const Request&) { return bench.sink.requests.empty() ? row.first : answered(204); };
  bench.start();
  bench.publish({"a1"});
  bench.until(
      [&] {
        if (!row.suspended.empty()) return !bench.suspended.empty() && bench.facts().acquired == 0;
        return bench.facts().unsettled == 0 && bench.facts().start == Offset(1);
      },
      100ms);
  EXPECT_THAT(bench.sink.requests, SizeIs(row.requests));
  EXPECT_EQ(bench.counts().acknowledged, row.is_delivered ? 1U : 0U);
  EXPECT_EQ(bench.counts().failed, row.failed);
  EXPECT_EQ(bench.counts().died, row.died);
  EXPECT_EQ(bench.suspended, row.suspended.empty() ? std::vector<std::string>() : std::vector{row.suspended});
  if (!row.suspended.empty()) {
    EXPECT_EQ(bench.facts().unsettled, 1U) << "it is kept";
    // Once more if it was asked for before the pusher knew: then it is given back unsent.
    EXPECT_GE(bench.counts().released, 1U);
  }
}

std::vector<Row> rows() {
  std::vector<Row> all{{.name = "NoContent", .first = answered(204)}, {.name = "Ok", .first = answered(200)}};
  for (const unsigned status : {302U, 400U, 405U, 415U, 422U}) {
    all.push_back({.name = "Status" + std::to_string(status),
                   .first = answered(status),
                   .is_delivered = false,
                   .failed = 1,
                   .died = 1});
  }
  for (const unsigned status : {404U, 408U, 409U, 425U, 429U, 500U, 503U, 599U, 999U}) {
    all.push_back({.name = "Status" + std::to_string(status), .first = answered(status), .requests = 2, .failed = 1});
  }
  for (const unsigned status : {401U, 403U}) {
    all.push_back({.name = "Status" + std::to_string(status),
                   .first = answered(status),
                   .is_delivered = false,
                   .suspended = "sink-unauthorized"});
  }
  all.push_back({.name = "Status410", .first = answered(410), .is_delivered = false, .suspended = "sink-retired"});
  const std::pair<const char*, push::Ending> endings[] = {{"NoConnection", push::Ending::connect_error},
                                                          {"NoTls", push::Ending::tls_error},
                                                          {"NoAnswerInTime", push::Ending::timeout}};
  for (const auto& [name, ending] : endings) {
    all.push_back({.name = name, .first = without_answer(ending), .requests = 2, .failed = 1});
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Rows, TableOfAnswers, testing::ValuesIn(rows()),
                         [](const auto& each) { return each.param.name; });

TEST(WebHookEvents, GoOutAsTheSubscriptionSays) {
  Bench bench;
  bench.subscription.http = subscriptions::HttpSettings{.method = "PUT", .headers = {{"X-Tenant", "7"}}};
  bench.subscription.credential = subscriptions::PlainCredential{.identifier = "me", .secret = "open sesame"};
  bench.start();
  bench.publish({"a1"});
  bench.until_delivered(1);
  const Request& request = bench.sink.requests.at(0);
  EXPECT_EQ(request.sink.host, "sink.example");
  EXPECT_EQ(request.sink.target, "/hook?x=1");
  EXPECT_EQ(request.out.method, "PUT");
  EXPECT_EQ(request.out.content_type, "application/cloudevents+json; charset=utf-8");
  EXPECT_EQ(request.field("X-Tenant"), "7");
  EXPECT_EQ(request.field("Millrace-Subscription"), "s");
  EXPECT_EQ(request.field("Millrace-Delivery-Attempt"), "1");
  EXPECT_EQ(request.field("WebHook-Request-Origin"), "localhost");
  EXPECT_EQ(request.field("Authorization"), "Basic bWU6b3BlbiBzZXNhbWU=") << "RFC 7617 by hand";
  EXPECT_EQ(request.timeout, 30s);
}

TEST(WebHookEvents, BringABearerToken) {
  Bench bench;
  bench.subscription.credential = subscriptions::AccessToken{.token = "mF_9.B5f-4.1JqM", .expires = {}};
  bench.start();
  bench.publish({"a1"});
  bench.until_delivered(1);
  EXPECT_EQ(bench.sink.requests.at(0).field("Authorization"), "Bearer mF_9.B5f-4.1JqM");
}

TEST(WebHookEvents, LeaveAsTheyAreStored) {
  const std::string stored =
      R"({ "id":"a1",  "source":"/shop", "specversion":"1.0", "type":"sold", "data":{"n" : 1.50} })";
  Bench bench;
  bench.start();
  record::BatchBuilder builder;
  const std::vector<record::HeaderView> headers{{"content-type", as_bytes("application/cloudevents+json")}};
  builder.add({.timestamp = 1, .key = std::nullopt, .value = as_bytes(stored), .headers = headers});
  bench.append(builder.finish());
  bench.until_delivered(1);
  EXPECT_EQ(bench.sink.requests.at(0).out.body, stored);
}

TEST(WebHookEvents, AreToldOfRecordsThatAreNone) {
  Bench bench;
  bench.start();
  bench.append(World::batch("just text"));
  bench.until_delivered(1);
  const auto event = cloudevents::parse_json(bench.sink.requests.at(0).out.body);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->text("type"), "dev.millrace.record");
  EXPECT_EQ(event->text("source"), "/topics/orders");
  EXPECT_EQ(event->text("id"), "partition:0/offset:0");
}

TEST(WebHookEvents, AreNoMoreAtOnceThanTheSinkHasPlaces) {
  Bench bench;
  bench.options.places = 3;
  bench.subscription.config.ordering = delivery::Order::none;
  bench.sink.on_events = [](const Request&) { return std::nullopt; };
  bench.start();
  bench.publish({"a", "b", "c", "d", "e", "f", "g"});
  bench.until([&] { return bench.sink.held.size() == 3; });
  for (int i = 0; i < 7; ++i) {
    bench.until([&] { return !bench.sink.held.empty(); });
    bench.sink.release(answered(200));
  }
  bench.until_delivered(7);
  EXPECT_EQ(bench.sink.under_way_most, 3U);
  EXPECT_THAT(bench.sink.requests, SizeIs(7));
}

TEST(WebHookEvents, OfOneKeyComeInOrderAlsoWhenTheyFail) {
  Bench bench;
  bench.sink.on_events = [&](const Request& request) {
    return request.id() == "a1" && request.field("Millrace-Delivery-Attempt") != "3" ? answered(500) : answered(200);
  };
  bench.start();
  bench.publish({"a1", "a2", "b1", "a3"});
  bench.until_delivered(4);
  std::vector<std::string> of_a, of_b;
  for (const auto& id : bench.sink.ids()) (id.starts_with("a") ? of_a : of_b).push_back(id);
  EXPECT_THAT(of_a, ElementsAre("a1", "a1", "a1", "a2", "a3"));
  EXPECT_THAT(of_b, ElementsAre("b1"));
}

TEST(WebHookBatches, AreAnsweredAsAWhole) {
  Bench bench;
  bench.subscription.config.content_mode = subscriptions::ContentMode::batch;
  bench.subscription.config.ordering = delivery::Order::none;
  bench.subscription.config.batch_events_max = 3;
  bench.sink.on_events = [&](const Request&) { return answered(bench.sink.requests.empty() ? 503 : 200); };
  bench.publish({"a", "b", "c", "d"});
  bench.start();
  bench.until_delivered(4);
  EXPECT_EQ(bench.counts().failed, 3U);
  std::size_t first_attempts = 0, second_attempts = 0;
  for (const auto& request : bench.sink.requests) {
    EXPECT_EQ(request.out.content_type, "application/cloudevents-batch+json; charset=utf-8");
    const auto events = cloudevents::parse_json_batch(request.out.body);
    ASSERT_TRUE(events);
    EXPECT_LE(events->size(), 3U);
    (request.field("Millrace-Delivery-Attempt") == "1" ? first_attempts : second_attempts) += events->size();
  }
  EXPECT_EQ(first_attempts + second_attempts, 7U) << "three of them twice";
}

TEST(WebHookEvents, ThatHaveExpiredAreSettledUnsent) {
  Bench bench;
  bench.subscription.config.honours_expiry = true;
  auto old = Bench::event("old"), fresh = Bench::event("new");
  old.attributes.push_back({.name = "expirytime", .text = "2023-11-14T22:13:19Z"});  // a second before the clock's
  fresh.attributes.push_back({.name = "expirytime", .text = "2099-01-01T00:00:00Z"});
  bench.start();
  bench.publish({old, fresh}, cloudevents::Storage::structured);
  bench.until_delivered(2);
  EXPECT_THAT(bench.sink.ids(), ElementsAre("new"));
}

/// Its letter would count as resolved, though nobody has seen it.
TEST(WebHookEvents, ThatAreRedrivenAreSentThoughTheyHaveExpired) {
  Bench bench;
  bench.subscription.config.honours_expiry = true;
  bench.sink.on_events = [&](const Request&) { return answered(bench.sink.requests.empty() ? 422 : 204); };
  auto soon = Bench::event("soon");
  soon.attributes.push_back({.name = "expirytime", .text = "2023-11-14T23:00:00Z"});  // within the hour
  bench.start();
  bench.publish({soon}, cloudevents::Storage::structured);
  bench.until([&] { return bench.delivery->counts("s").died == 1; });
  bench.world.clock.advance(2h);
  runtime::Answered<tl::expected<std::vector<delivery::RedriveError>, ErrorCode>> redriven;
  const auto home = bench.delivery->home_of("s", 0).value();
  bench.delivery->redrive(home, {{.event = {.offset = Offset(0)}, .life = 0, .failures = {}}}, redriven.callback());
  ASSERT_THAT(redriven.get().value(), ElementsAre(delivery::RedriveError::none));
  bench.until([&] { return bench.delivery->counts("s").acknowledged == 1; });
  EXPECT_THAT(bench.sink.ids(), ElementsAre("soon", "soon"));
}

TEST(WebHookEvents, ThatExpireAreSentToThoseWhoDoNotMind) {
  Bench bench;
  auto old = Bench::event("old");
  old.attributes.push_back({.name = "expirytime", .text = "2001-01-01T00:00:00Z"});
  bench.start();
  bench.publish({old}, cloudevents::Storage::structured);
  bench.until_delivered(1);
  EXPECT_THAT(bench.sink.ids(), ElementsAre("old"));
}

TEST(WebHookEvents, WaitNoLongerForAnAnswerThanTheirLockLasts) {
  Bench bench;
  bench.subscription.config.lock_time = 8s;
  bench.start();
  bench.publish({"a1"});
  bench.until([&] { return !bench.sink.requests.empty(); });
  EXPECT_LE(bench.sink.requests.at(0).timeout, 7s);
  EXPECT_GT(bench.sink.requests.at(0).timeout, 1s);
}

TEST(WebHookEvents, AreDeliveredOnceOverARestart) {
  Bench bench;
  bench.start();
  bench.publish({"a1", "b1"});
  bench.until_delivered(2);
  bench.restart();
  bench.publish({"c1"});
  bench.until_delivered(1);
  EXPECT_THAT(bench.sink.ids(), ElementsAre("a1", "b1", "c1"));
  EXPECT_THAT(bench.sink.questions, SizeIs(2)) << "a sink is asked again after a start";
}

TEST(WebHookEvents, InFlightWhenTheBrokerStopsAreNoFailures) {
  Bench bench;
  bench.sink.on_events = [](const Request&) { return std::nullopt; };
  bench.start();
  bench.publish({"a1"});
  bench.until([&] { return bench.sink.held.size() == 1; });
  bench.restart();
  bench.until([&] { return bench.sink.held.size() == 1; });
  EXPECT_EQ(bench.sink.requests.at(1).field("Millrace-Delivery-Attempt"), "1");
  bench.sink.release(answered(200));
  bench.until_delivered(1);
}

TEST(WebHookEvents, AreNotLostWhenItStopsAnywhere) {
  for (int steps = 0; steps < 40; ++steps) {
    Bench bench;
    bench.subscription.config.ordering = delivery::Order::none;
    bench.options.places = 2;
    bench.publish({"a", "b", "c", "d"});
    bench.start();
    for (int i = 0; i < steps; ++i) {
      bench.world.context.restart();
      bench.world.context.run_one_for(1ms);
    }
    bench.runner->stop();
    bench.run();  // As after a resume.
    bench.until([&] { return bench.facts().start == Offset(4); }, 1ms);
    auto ids = bench.sink.ids();
    std::ranges::sort(ids);
    EXPECT_THAT(ids, ElementsAre("a", "b", "c", "d")) << "stopped after " << steps;
  }
}

TEST(WebHookEvents, ThatTheirLogHasLostComeFromTheirLetterIfOneIsRedriven) {
  Bench bench;
  bench.sink.on_events = [](const Request&) { return std::nullopt; };
  bench.options.places = 1;
  bench.subscription.config.ordering = delivery::Order::none;
  bench.original_of = [](const delivery::Home& home, Offset at) -> std::optional<deadletter::Record> {
    EXPECT_EQ(home.subscription, "s");
    if (at != Offset(1)) return std::nullopt;
    const auto stored = cloudevents::to_record(Bench::event("b-again"), cloudevents::Storage::structured);
    deadletter::Record record;
    record.timestamp = 1;
    record.value = Bytes(as_bytes(*stored.value).begin(), as_bytes(*stored.value).end());
    const auto type = as_bytes(*stored.headers.at(0).second);
    record.headers.emplace_back(stored.headers.at(0).first, Bytes(type.begin(), type.end()));
    return record;
  };
  bench.publish({"a"});
  bench.publish({"b"});
  bench.start();
  bench.until([&] { return bench.sink.held.size() == 1; });
  ASSERT_EQ(bench.world.delete_records("orders-0", 2), "from 2");
  bench.sink.release(answered(503));
  bench.sink.on_events = [](const Request&) { return answered(200); };
  bench.until([&] { return bench.facts().start == Offset(2); }, 1ms);
  EXPECT_THAT(bench.sink.ids(), ElementsAre("a", "b-again"));
}

}  // namespace
}  // namespace millrace::webhook
