#pragma once
// A broker with delivery and one subscription with a web hook, whose sink is a script: no socket, a clock pushed by
// hand. Every request is kept with the time at which it came.

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "millrace/cloudevents/json.hpp"
#include "millrace/cloudevents/kafka.hpp"
#include "millrace/runtime/delivery_runtime.hpp"
#include "millrace/webhook/web_hooks.hpp"
#include "runtime/world.hpp"

namespace millrace::webhook {

using namespace std::chrono_literals;
using runtime::World;
using sender::Outcome;

inline Outcome answered(unsigned status, push::Fields fields = {}) {
  Outcome outcome{.ending = push::Ending::answered, .status = status};
  for (const auto& [name, value] : fields) {
    if (name == "Retry-After") outcome.retry_after = value;
  }
  outcome.fields = std::move(fields);
  return outcome;
}
inline Outcome without_answer(push::Ending ending) { return {.ending = ending, .cause = "nobody is there"}; }
inline Outcome consent(const std::string& rate = "*") {
  return answered(200, {{"WebHook-Allowed-Origin", "localhost"}, {"WebHook-Allowed-Rate", rate}});
}

struct Request {
  sender::Outgoing out;
  subscriptions::SinkUrl sink;
  Milliseconds timeout{};
  Instant at{};

  [[nodiscard]] std::string field(std::string_view name) const {
    for (const auto& [each, value] : out.fields) {
      if (each == name) return value;
    }
    return "absent";
  }
  /// Of its event, in structured mode.
  [[nodiscard]] std::string id() const {
    const auto event = cloudevents::parse_json(out.body);
    return event ? std::string(event->text("id")) : "no event";
  }
};

/// Answers by a script; nothing from the script holds the request until release().
struct ScriptedSink {
  using Script = std::function<std::optional<Outcome>(const Request&)>;
  Script on_question = [](const Request&) { return consent(); };
  Script on_events = [](const Request&) { return answered(204); };
  std::vector<Request> questions;
  std::vector<Request> requests;
  std::deque<runtime::Callback<void(Outcome)>> held;
  std::size_t under_way = 0;
  std::size_t under_way_most = 0;

  void take(runtime::asio::io_context& context, Request request, runtime::Callback<void(Outcome)> done) {
    const bool is_question = request.out.method == "OPTIONS";
    auto outcome = is_question ? on_question(request) : on_events(request);
    (is_question ? questions : requests).push_back(std::move(request));
    under_way_most = std::max(under_way_most, ++under_way);
    if (!outcome) return held.push_back(std::move(done));
    runtime::asio::post(context, [this, done = std::move(done), outcome = std::move(*outcome)]() mutable {
      --under_way;
      done(std::move(outcome));
    });
  }
  void release(Outcome outcome) {
    auto done = std::move(held.front());
    held.pop_front();
    --under_way;
    done(std::move(outcome));
  }
  [[nodiscard]] std::vector<std::string> ids() const {
    std::vector<std::string> all;
    for (const auto& each : requests) all.push_back(each.id());
    return all;
  }
};

struct Bench {
  World world;
  std::unique_ptr<runtime::DeliveryRuntime> delivery;
  ScriptedSink sink;
  Options options{.allows_http = true};
  OriginalOf original_of;
  std::unique_ptr<WebHooks> hooks;
  std::shared_ptr<dispatch::Runner> runner;
  std::vector<std::string> suspended;
  subscriptions::Subscription subscription;

  Bench() {
    subscription.id = "s";
    subscription.sink = "https://sink.example/hook?x=1";
    subscription.protocol = subscriptions::Protocol::http;
    subscription.config.topic = "orders";
    subscription.config.content_mode = subscriptions::ContentMode::structured;
    subscription.config.lock_time = 1h;
    subscription.config.backoff = {.base = 1ms, .factor_percent = 100, .cap = 1ms, .jitter_percent = 0};
    world.start();
    EXPECT_EQ(world.create("orders", 1), "done");
  }
  ~Bench() { close(); }

  void open() {
    auto opened = runtime::DeliveryRuntime::open(*world.broker, world.context.get_executor(), 1, World::silent());
    ASSERT_TRUE(opened) << opened.error().message;
    delivery = std::move(*opened);
    serve();
    const auto send = [this](const subscriptions::SinkUrl& to, sender::Outgoing out, Milliseconds timeout,
                             runtime::Callback<void(Outcome)> done) {
      sink.take(world.context, {std::move(out), to, timeout, world.clock.now().steady}, std::move(done));
    };
    auto made = WebHooks::open({.broker = *world.broker,
                                .delivery = *delivery,
                                .send = send,
                                .lanes = {world.context.get_executor()},
                                .original_of = original_of,
                                .diagnostics = World::silent()},
                               options);
    ASSERT_TRUE(made) << made.error().message;
    hooks = std::move(*made);
  }
  void serve() {
    runtime::Answered<ErrorCode> served;
    runtime::Subscription wanted;
    wanted.id = "s";
    wanted.topic = "orders";
    wanted.policy = std::make_shared<delivery::Policy>(subscriptions::policy_of(subscription));
    wanted.from_start = true;
    delivery->serve(std::move(wanted), served.callback());
    ASSERT_EQ(served.get(), ErrorCode::none);
  }
  void run() {
    runner = hooks->make("s", [this](std::string reason) { suspended.push_back(std::move(reason)); });
    replace();
  }
  void replace() { runner->start(std::make_shared<const subscriptions::Subscription>(subscription)); }
  void start() {
    open();
    run();
  }
  /// As the daemon does it: the runner, what sends, delivery.
  void close() {
    if (runner) runner->stop();
    world.run();
    while (!sink.held.empty()) sink.release(without_answer(push::Ending::connect_error));
    world.run();
    if (hooks) hooks->stop();
    runner.reset();
    if (delivery) delivery->stop();
    world.run();
    hooks.reset();
    delivery.reset();
    world.run();
  }
  void restart() {
    close();
    world.restart();
    start();
  }

  static cloudevents::Event event(const std::string& id) {
    cloudevents::Event one;
    one.attributes = {{"specversion", "1.0"}, {"id", id}, {"source", "/shop"}, {"type", "sold"}};
    return one;
  }
  /// One batch of events with these ids; the key of each is its first letter.
  void publish(const std::vector<std::string>& ids) {
    std::vector<cloudevents::Event> events;
    for (const auto& id : ids) events.push_back(event(id));
    publish(events, cloudevents::Storage::structured);
  }
  void publish(const std::vector<cloudevents::Event>& events, cloudevents::Storage storage) {
    record::BatchBuilder builder;
    for (const auto& one : events) {
      const auto stored = cloudevents::to_record(one, storage);
      std::vector<record::HeaderView> headers;
      for (const auto& [name, value] : stored.headers) {
        headers.push_back({name, value ? std::optional(as_bytes(*value)) : std::nullopt});
      }
      builder.add({.timestamp = 1'700'000'000'000,
                   .key = as_bytes(one.text("id")).first(1),
                   .value = stored.value ? std::optional(as_bytes(*stored.value)) : std::nullopt,
                   .headers = headers});
    }
    append(builder.finish());
  }
  void append(Bytes bytes) {
    runtime::ProduceRequest request;
    request.parts.push_back({.topic = {.name = "orders", .id = {}}, .partition = 0, .records = bytes});
    World::Produced answer;
    world.broker->produce(std::move(request), answer.callback());
    EXPECT_EQ(answer.get().front().append.error, ErrorCode::none);
  }

  [[nodiscard]] delivery::PartitionDelivery::Counts counts() const { return delivery->counts("s"); }
  [[nodiscard]] delivery::PartitionDelivery::Facts facts() const { return *delivery->facts("s").at(0); }
  void until(const std::function<bool()>& done) { world.run_until(done); }
  /// Time goes on meanwhile.
  void until(const std::function<bool()>& done, Milliseconds step) {
    world.run_until([&] {
      world.clock.advance(step);
      hooks->ring();
      return done();
    });
  }
  void until_delivered(std::size_t count) {
    until([&, count] { return counts().acknowledged >= count; }, 1ms);
  }
};

}  // namespace millrace::webhook
