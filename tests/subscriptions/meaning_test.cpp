// Which events a subscription lets pass (SUB-5, SUB-6), and that its JSON is the same subscription again.

#include <gmock/gmock.h>

#include <random>

#include "cloudevents/events.hpp"
#include "subscriptions.hpp"

namespace millrace::subscriptions {
namespace {

using cloudevents::event_of;
using testing::HasSubstr;
using testing::Not;

/// The event has id A1, source /shop and type com.example.sold.
bool passes(const std::string& members) {
  filter::Scratch scratch;
  return filter_of(read(pulled(members)).value()).value().matches(filter::EventAttributes(event_of()), scratch);
}

TEST(SubscriptionFilter, Sub5OnlyEventsOfTheSourceAndOfOneOfTheTypes) {
  EXPECT_TRUE(passes(""));
  EXPECT_TRUE(passes(R"(,"source":"/shop")"));
  EXPECT_FALSE(passes(R"(,"source":"/sho")"));
  EXPECT_FALSE(passes(R"(,"source":"/SHOP")"));
  EXPECT_TRUE(passes(R"(,"types":["a","com.example.sold"])"));
  EXPECT_FALSE(passes(R"(,"types":["a","com.example"])"));
  EXPECT_TRUE(passes(R"(,"types":[])")) << "none named is all, as with filters";
  EXPECT_FALSE(passes(R"(,"source":"/other","types":["com.example.sold"])"));
}

TEST(SubscriptionFilter, Sub6AndTheFilters) {
  EXPECT_TRUE(passes(R"(,"source":"/shop","types":["com.example.sold"],"filters":[{"exact":{"id":"A1"}}])"));
  EXPECT_FALSE(passes(R"(,"source":"/shop","types":["com.example.sold"],"filters":[{"exact":{"id":"A2"}}])"));
  EXPECT_FALSE(passes(R"(,"source":"/other","filters":[{"exact":{"id":"A1"}}])"));
  EXPECT_TRUE(passes(R"(,"filters":[])"));
}

TEST(SubscriptionFilter, OfWhatNobodyHasReadMayFail) {
  EXPECT_FALSE(filter_of(Subscription{.filters = "{}"}));
  EXPECT_FALSE(filter_of(Subscription{.filters = "[7]"}));
}

const std::string full[] = {
    pushed(),
    pulled(),
    copied(),
    pushed(R"(,"source":"/shop","types":["a","b"],"filters":[{"any":[{"prefix":{"type":"x"}},{"sql":"a = 'ü'"}]}],)"
           R"("protocolsettings":{"method":"PATCH","headers":{"X-B":"1","X-A":""}},)"
           R"("sinkcredential":{"credentialtype":"PLAIN","identifier":"ü","secret":"\"\\"})",
           R"(,"startfrom":"2026-05-01T12:00:00.250Z","contentmode":"batch","maxbatchevents":7,"maxbatchbytes":2048,)"
           R"("ordering":"none","maxinflight":3,"maxattempts":4,"maxage":5,"backoffbase":6,"backofffactor":700,)"
           R"("backoffcap":8,"backoffjitter":9,"locktime":10000,"deadletters":"false","deadholds":false,)"
           R"("deadlettertopic":"dlq.x","ontargeterror":"drop","honourexpiry":true)"),
    pushed(R"(,"sinkcredential":{"credentialtype":"ACCESSTOKEN","accesstoken":"t"})", R"(,"startfrom":"earliest")"),
    copied(R"(,"protocolsettings":{"topicname":"b","partitionkeyextractor":"subject","clientid":"c","acks":0})",
           "kafka:"),
};

TEST(SubscriptionJson, IsTheSameSubscriptionAgain) {
  for (const auto& json : full) {
    auto subscription = read(json).value();
    subscription.id = "s-1";
    ASSERT_EQ(read_update(to_json(subscription, Secrets::hidden), subscription), subscription) << json;
    const auto stored = to_json(subscription, Secrets::kept);
    EXPECT_EQ(restore(stored), subscription) << stored;
    EXPECT_EQ(to_json(restore(stored).value(), Secrets::kept), stored);
  }
}

/// Any that read() could have made.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : random_(seed) {}

  Subscription subscription() {
    Subscription out{.id = "s-" + std::to_string(below(1'000))};
    if (below(2) == 1) out.source = "/" + text();
    for (auto count = below(3); count > 0; --count) out.types.push_back(text());
    if (below(2) == 1) out.filters = R"([{"exact":{"id":"a","type":"b"}},{"not":{"sql":"x = 'y'"}}])";
    out.protocol = static_cast<Protocol>(below(3));
    if (out.protocol == Protocol::http) push(out);
    if (out.protocol == Protocol::kafka) copy(out);
    config(out.config);
    if (out.protocol == Protocol::http) {
      out.config.content_mode = static_cast<ContentMode>(below(3));
      out.config.batch_events_max = 1 + static_cast<std::uint32_t>(below(1'000));
      out.config.batch_bytes_max = 1'024 + static_cast<std::uint32_t>(below(1'000'000));
    }
    if (out.protocol == Protocol::pull) {
      out.config.has_breaker = coin();
      out.config.breaker_least = 1 + static_cast<std::uint32_t>(below(1'000'000));
      out.config.breaker_rate = 1 + static_cast<std::uint32_t>(below(100));
      out.config.breaker_window = Milliseconds(1'000) + time(1'000'000);
      out.config.breaker_pause = Milliseconds(1'000) + time(1'000'000);
    }
    return out;
  }

 private:
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  bool coin() { return below(2) == 1; }
  Milliseconds time(std::uint64_t bound) { return Milliseconds(static_cast<std::int64_t>(below(bound))); }
  std::string text() { return std::string(1 + below(20), static_cast<char>('a' + below(26))); }

  void push(Subscription& out) {
    out.sink = "https://" + text() + ".example:" + std::to_string(1 + below(65'535)) + "/" + text();
    out.http.edit().method = coin() ? "PUT" : "POST";
    if (coin()) out.http.edit().headers = {{"X-" + text(), text() + "\t\"" + text()}};
    if (coin()) out.credential = PlainCredential{text() + "\xC3\xA9", text() + "\"\\/" + text()};
    if (coin()) out.credential = AccessToken{text() + "+/=", std::nullopt};
    if (coin()) out.credential = AccessToken{text(), static_cast<Timestamp>(below(4'000'000'000'000))};
  }

  void copy(Subscription& out) {
    out.kafka.edit().topic = "to-" + text();
    out.sink = coin() ? "kafka:" : "kafka:" + out.kafka->topic;
    if (coin()) out.kafka.edit().key_attribute = text();
    if (coin()) out.kafka.edit().client_id = text();
    if (coin()) out.kafka.edit().acks = static_cast<std::int16_t>(static_cast<int>(below(3)) - 1);
  }

  void config(Config& out) {
    out.topic = "from-" + text();
    out.start.at = static_cast<Start::At>(below(3));
    if (out.start.at == Start::At::time) out.start.time = static_cast<Timestamp>(below(4'000'000'000'000));
    out.ordering = static_cast<delivery::Order>(below(3));
    out.in_flight_max = 1 + static_cast<std::uint32_t>(below(100'000));
    out.attempts_max = static_cast<std::uint16_t>(1 + below(1'000));
    if (coin()) out.age_max = time(1'000'000'000) + Milliseconds(1);
    out.backoff.base = time(1'000'000);
    out.backoff.cap = out.backoff.base + time(1'000'000);
    out.backoff.factor_percent = 100 + static_cast<std::uint32_t>(below(9'901));
    out.backoff.jitter_percent = static_cast<std::uint32_t>(below(101));
    out.lock_time = Milliseconds(1'000) + time(1'000'000);
    out.dead_letters = coin();
    out.dead_holds = coin();
    if (coin()) out.dead_letter_topic = "dlq." + text();
    out.on_target_error = static_cast<delivery::OnTargetError>(below(2));
    out.honours_expiry = coin();
  }

  std::mt19937_64 random_;
};

TEST(SubscriptionJson, IsTheSameSubscriptionAgainWhateverItIs) {
  for (std::uint64_t seed = 0; seed < 2'000; ++seed) {
    auto subscription = Chance(seed).subscription();
    // All that is told is said: what its owner has not said would be what the defaults are.
    auto told = subscription;
    told.credential.reset();
    subscription.config.own = read(to_json(told, Secrets::hidden)).value().config.own;
    const auto stored = to_json(subscription, Secrets::kept);
    const auto again = restore(stored);
    ASSERT_TRUE(again) << "seed " << seed << "\n" << faults_of(again) << "\n" << stored;
    ASSERT_EQ(*again, subscription) << "seed " << seed << "\n" << stored;
    ASSERT_EQ(read_update(to_json(subscription, Secrets::hidden), subscription), subscription) << "seed " << seed;
    ASSERT_TRUE(filter_of(subscription)) << "seed " << seed;
  }
}

/// The OpenAPI: names, strings as values of config, and no members that are empty.
TEST(SubscriptionJson, Sub15IsWrittenAsTheOpenApiHasIt) {
  auto subscription = read(copied(R"(,"types":["a"])")).value();
  subscription.id = "s-1";
  EXPECT_THAT(to_json(subscription, Secrets::hidden),
              testing::StartsWith(R"({"id":"s-1","types":["a"],"sink":"kafka:copies","protocol":"KAFKA",)"
                                  R"("protocolsettings":{"topicname":"copies"},"config":{"topic":"orders",)"
                                  R"("startfrom":"latest","backoffbase":"1000",)"));
  EXPECT_THAT(to_json(subscription, Secrets::hidden), HasSubstr(R"("honourexpiry":"false")"));
  EXPECT_THAT(to_json(subscription, Secrets::hidden), Not(HasSubstr("contentmode")));
}

}  // namespace
}  // namespace millrace::subscriptions
