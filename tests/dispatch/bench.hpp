#pragma once
// A broker in memory with groups, delivery and a dispatcher, spoken to in lines; an event is its partition and offset,
// "0@3".

#include <gmock/gmock.h>

#include "millrace/dispatch/dispatcher.hpp"
#include "millrace/runtime/delivery_runtime.hpp"
#include "millrace/runtime/group_runtime.hpp"
#include "runtime/world.hpp"

namespace millrace::dispatch {

/// A runner that writes down what it was told to do.
class NotedRunner final : public Runner {
 public:
  NotedRunner(std::string of, Suspend how) : id(std::move(of)), suspend(std::move(how)) {}
  void start(SubscriptionPtr subscription) override {
    const std::lock_guard lock(mutex_);
    notes_.push_back("start " + subscription->sink);
  }
  void stop() override {
    const std::lock_guard lock(mutex_);
    notes_.emplace_back("stop");
  }
  [[nodiscard]] RunnerStatus status() const override {
    const std::lock_guard lock(mutex_);
    return status_;
  }
  void say(RunnerStatus status) {
    const std::lock_guard lock(mutex_);
    status_ = std::move(status);
  }
  [[nodiscard]] std::vector<std::string> notes() const {
    const std::lock_guard lock(mutex_);
    return notes_;
  }

  const std::string id;
  const Suspend suspend;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> notes_;
  RunnerStatus status_;
};

struct Bench {
  using World = runtime::World;
  World world;
  std::unique_ptr<runtime::GroupRuntime> groups;
  std::unique_ptr<runtime::DeliveryRuntime> delivery;
  std::unique_ptr<Dispatcher> dispatcher;
  std::vector<std::shared_ptr<NotedRunner>> runners;  ///< of HTTP, in the order of their making
  bool serves_http = false;
  bool allows_sinks = true;
  std::string message;  ///< of the last refusal
  subscriptions::Faults faults;

  explicit Bench(bool with_http = false) : serves_http(with_http) {
    world.start();
    EXPECT_EQ(world.create("orders", 2), "done");
    open();
  }
  ~Bench() { close(); }

  void open() {
    auto opened_groups =
        runtime::GroupRuntime::open(*world.broker, world.context.get_executor(), {}, 2, World::silent());
    ASSERT_TRUE(opened_groups);
    groups = std::move(*opened_groups);
    auto opened = runtime::DeliveryRuntime::open(*world.broker, world.context.get_executor(), 3, World::silent());
    ASSERT_TRUE(opened) << opened.error().message;
    delivery = std::move(*opened);
    dispatcher = Dispatcher::open(*world.broker, *delivery, *groups, *world.disk, World::silent());
    if (serves_http) {
      dispatcher->serve_protocol(
          subscriptions::Protocol::http,
          [this](const std::string& id, Suspend suspend) {
            return runners.emplace_back(std::make_shared<NotedRunner>(id, std::move(suspend)));
          },
          [this](const auto&) { return allows_sinks ? Result<void>() : failure(Errc::invalid, "not there"); });
    }
    dispatcher->start();
  }
  void close() {
    if (dispatcher) dispatcher->stop();
    dispatcher.reset();
    delivery.reset();
    groups.reset();
    world.run();
  }
  void restart() {
    close();
    world.restart();
    open();
  }
  void crash() {
    close();
    world.crash_and_start();
    open();
  }

  std::optional<View> viewed(runtime::Answered<Answered<View>> answer) {
    auto got = answer.get();
    if (got) return *std::move(got);
    message = got.error().detail;
    faults = got.error().faults;
    why = got.error().why;
    return std::nullopt;
  }
  std::optional<Refusal::Why> why;  ///< of the last refusal

  /// The id, or nothing when it is refused.
  std::string create(const std::string& json, bool dry_run = false) {
    runtime::Answered<Answered<View>> answer;
    dispatcher->create(json, dry_run, answer.callback());
    const auto view = viewed(std::move(answer));
    return view ? view->subscription->id : "";
  }
  std::optional<View> replace(const std::string& id, const std::string& json, bool dry_run = false) {
    runtime::Answered<Answered<View>> answer;
    dispatcher->replace(id, json, dry_run, answer.callback());
    return viewed(std::move(answer));
  }
  std::optional<View> remove(const std::string& id) {
    runtime::Answered<Answered<View>> answer;
    dispatcher->remove(id, answer.callback());
    return viewed(std::move(answer));
  }
  std::optional<View> resume(const std::string& id) {
    runtime::Answered<Answered<View>> answer;
    dispatcher->resume(id, answer.callback());
    return viewed(std::move(answer));
  }
  /// "active", "suspended topic-deleted", or "none"
  [[nodiscard]] std::string state(const std::string& id) const {
    const auto view = dispatcher->find(id);
    if (!view) return "none";
    return std::string(name_of(view->state)) + (view->reason.empty() ? "" : " " + view->reason);
  }
  void wait_for_state(const std::string& id, const std::string& wanted) {
    world.run_until([&] { return state(id) == wanted; });
  }
  [[nodiscard]] std::string document(const std::string& id) const {
    const auto catalog = world.broker->catalog();
    const auto& all = catalog->documents(broker::DocumentKind::subscription);
    const auto found = all.find(id);
    return found == all.end() ? "" : *found->second;
  }

  /// One record at this place, of this time; "a1" has the key "a", the type of an event is its value.
  void send(PartitionIndex partition, const std::string& value, Timestamp time = 1'700'000'000'000) {
    const std::vector<std::pair<std::string, std::string>> headers{
        {"ce_specversion", "1.0"}, {"ce_id", value}, {"ce_source", "/test"}, {"ce_type", value}};
    std::vector<record::HeaderView> views;
    for (const auto& [name, text] : headers) views.push_back({.key = name, .value = as_bytes(text)});
    record::BatchBuilder builder;
    builder.add({.timestamp = time, .key = as_bytes(value).first(1), .value = as_bytes(value), .headers = views});
    auto bytes = builder.finish();
    runtime::ProduceRequest request;
    request.parts.push_back({.topic = {.name = "orders", .id = {}}, .partition = partition, .records = bytes});
    World::Produced answer;
    world.broker->produce(std::move(request), answer.callback());
    EXPECT_EQ(answer.get().front().append.error, ErrorCode::none);
  }

  using Lines = std::vector<std::string>;
  std::vector<runtime::Delivered> take(const std::string& id) {
    runtime::Answered<tl::expected<runtime::Received, ErrorCode>> answer;
    delivery->receive(id, 100, delivery::ConsumerId{1}, answer.callback());
    auto got = answer.get();
    if (!got) message = World::said(got.error());
    return got ? std::move(got->events) : std::vector<runtime::Delivered>();
  }
  static Lines lines(const std::vector<runtime::Delivered>& events) {
    Lines out;
    for (const auto& each : events)
      out.push_back(std::to_string(each.partition) + "@" + std::to_string(each.event.token.offset.value()));
    return out;
  }
  Lines received(const std::string& id) { return lines(take(id)); }
  void acknowledge(const std::string& id, const std::vector<runtime::Delivered>& events) {
    std::vector<runtime::DeliveryLock> locks;
    for (const auto& each : events) locks.push_back({each.partition, each.event.token});
    runtime::Answered<tl::expected<std::vector<runtime::LockAnswer>, ErrorCode>> answer;
    delivery->acknowledge(id, locks, answer.callback());
    const auto got = answer.get();
    ASSERT_TRUE(got);
    for (const auto& each : *got) EXPECT_EQ(each, runtime::LockAnswer());
  }
  /// What the group of its progress has committed: "0:3 1:0".
  std::string committed(const std::string& id) {
    groups::OffsetFetchRequest request;
    request.groups.push_back({.group_id = group_of(id), .member_id = {}, .topics = {}});
    runtime::Answered<runtime::GroupAnswer<groups::OffsetFetchReply>> answer;
    groups->fetch_offsets(std::move(request), answer.callback());
    const auto got = answer.get();
    std::string out;
    for (const auto& topic : got->groups.front().topics) {
      for (const auto& each : topic.partitions)
        out += (out.empty() ? "" : " ") + std::to_string(each.partition) + ":" + std::to_string(each.offset.value());
    }
    return out;
  }
};

inline const std::string pulled = R"({"config":{"topic":"orders","startfrom":"earliest"}})";

/// Pushed to this sink, with a password if there is one.
inline std::string pushed(const std::string& sink, const std::string& secret = "") {
  auto json = R"({"sink":")" + sink + R"(","protocol":"HTTP","config":{"topic":"orders"})";
  if (!secret.empty())
    json += R"(,"sinkcredential":{"credentialtype":"PLAIN","identifier":"me","secret":")" + secret + R"("})";
  return json + "}";
}

}  // namespace millrace::dispatch
