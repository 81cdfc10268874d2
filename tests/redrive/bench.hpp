#pragma once
// A broker with delivery and dead letters, for tests, spoken to in lines; and redrive jobs, if they are wanted
// (job_bench.hpp). One subscription "s" of the topic "orders", whose letters lie in "dlq.s.orders"; a letter is its id
// without the group and the topic, and its state: "0~3~0 open".

#include <gmock/gmock.h>

#include <map>
#include <string>
#include <vector>

#include "millrace/redrive/jobs.hpp"
#include "runtime/world.hpp"

namespace millrace::redrive {

using runtime::Answered;
using runtime::World;
using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

struct Bench {
  struct With {
    std::uint64_t seed = 1;
    bool jobs = false;            ///< who then are told of outcomes instead of told()
    broker::ConfigMap configs{};  ///< of "orders"
  };
  static constexpr const char* letters_topic = "dlq.s.orders";

  World world;
  bool has_jobs = false;
  std::unique_ptr<Letters> letters;
  std::unique_ptr<Jobs> jobs;
  std::shared_ptr<Sinks> sinks;  ///< of this start and those to come
  std::unique_ptr<runtime::DeliveryRuntime> delivery;
  delivery::Policy policy;
  Target target;
  std::mutex outcomes_mutex;
  Lines outcomes;

  explicit Bench(std::uint64_t seed = 1) : Bench(With{.seed = seed}) {}
  explicit Bench(With with) : world(with.seed), has_jobs(with.jobs) {
    policy.backoff.base = policy.backoff.cap = 0ms;
    world.options.keeps_records = true;
    world.start();
    EXPECT_EQ(world.create("orders", 2, std::move(with.configs)), "done");
    // Who keeps subscriptions has a document for each.
    Answered<broker::AlterAnswer> kept;
    world.broker->change_documents({{.kind = broker::DocumentKind::subscription, .id = "s", .json = R"({"id":"s"})"}},
                                   kept.callback());
    EXPECT_EQ(kept.get().error, ErrorCode::none);
    open();
  }
  ~Bench() { close(); }

  void open() {
    auto opened = Letters::open(*world.broker, World::silent());
    ASSERT_TRUE(opened) << opened.error().message;
    letters = std::move(*opened);
    if (has_jobs) {
      auto working = Jobs::open(*world.broker, *letters, World::silent());
      ASSERT_TRUE(working) << working.error().message;
      jobs = std::move(*working);
    } else {
      letters->on_outcome([this](const Outcome& outcome) {
        const std::lock_guard lock(outcomes_mutex);
        outcomes.push_back(short_id(outcome.id) + " " + std::string(name_of(outcome.state)));
      });
    }
    auto delivering = runtime::DeliveryRuntime::open(*world.broker, world.context.get_executor(), 2, World::silent(),
                                                     letters->listeners());
    ASSERT_TRUE(delivering) << delivering.error().message;
    delivery = std::move(*delivering);
    letters->attach(*delivery);
    serve();
    if (jobs && sinks) jobs->serve_sinks(sinks);
    if (jobs) jobs->start();
  }
  void serve_sinks(std::shared_ptr<Sinks> from_now_on) {
    sinks = std::move(from_now_on);
    jobs->serve_sinks(sinks);
  }
  void close() {
    if (jobs) jobs->stop();
    if (delivery) delivery->stop();
    if (letters) letters->stop();
    jobs.reset();
    delivery.reset();
    letters.reset();
    world.run();
  }
  void restart() {
    close();
    world.restart();
    open();
  }
  void crash(support::Crash how = support::Crash::lose, std::uint64_t seed = 1) {
    world.fake->cut_power(1);
    close();
    world.crash(how, seed);
    world.start();
    open();
  }
  void serve() {
    letters->serve("s", target);
    Answered<ErrorCode> served;
    delivery->serve({.id = "s",
                     .topic = "orders",
                     .policy = std::make_shared<delivery::Policy>(policy),
                     .from_start = true,
                     .takes = nullptr},
                    served.callback());
    ASSERT_EQ(served.get(), ErrorCode::none);
  }

  /// Letters are looked through when a retention has changed.
  void look_through(Milliseconds retention = 1'000h) {
    target.retention = target.retention == retention ? retention + 1ms : retention;
    serve();
    // One partition after the other, others' work in between.
    for (int i = 0; i < 8; ++i) (void)discard({});
  }
  /// How many were open.
  std::size_t discard(std::vector<Found> which) {
    Answered<Result<std::size_t>> done;
    letters->discard(std::move(which), done.callback());
    return done.get().value_or(0);
  }

  /// An event in binary mode.
  void send(PartitionIndex partition, const std::string& id, const std::string& type = "order.placed",
            Timestamp at = 1'700'000'000'000) {
    const std::pair<std::string_view, std::string_view> texts[] = {
        {"content-type", "text/plain"}, {"ce_specversion", "1.0"}, {"ce_id", id},
        {"ce_source", "/shop"},         {"ce_type", type},         {"trace", "kept"}};
    std::vector<record::HeaderView> headers;
    for (const auto& [key, value] : texts) headers.push_back({key, as_bytes(value)});
    send(partition, {.timestamp = at, .key = as_bytes(id), .value = as_bytes(id), .headers = headers});
  }
  void send(PartitionIndex partition, const record::NewRecord& record, const std::string& topic = "orders") {
    record::BatchBuilder builder;
    builder.add(record);
    auto bytes = builder.finish();
    runtime::ProduceRequest request;
    request.parts.push_back({.topic = {.name = topic, .id = {}}, .partition = partition, .records = bytes});
    World::Produced answer;
    world.broker->produce(std::move(request), answer.callback());
    EXPECT_EQ(answer.get().front().append.error, ErrorCode::none);
  }

  using Locks = std::vector<runtime::DeliveryLock>;
  Locks take(std::size_t max = 100) {
    Answered<tl::expected<runtime::Received, ErrorCode>> answer;
    delivery->receive("s", max, delivery::ConsumerId{1}, answer.callback());
    auto got = answer.get();
    Locks locks;
    if (got)
      for (const auto& one : got->events) locks.push_back({one.partition, one.event.token});
    return locks;
  }
  void reject(const Locks& locks, const std::string& message = "no") {
    Answered<tl::expected<std::vector<runtime::LockAnswer>, ErrorCode>> answer;
    delivery->reject("s", locks, {.reason = delivery::Reason::rejected, .code = 422, .message = message},
                     answer.callback());
    EXPECT_TRUE(answer.get());
  }
  void acknowledge(const Locks& locks) {
    Answered<tl::expected<std::vector<runtime::LockAnswer>, ErrorCode>> answer;
    delivery->acknowledge("s", locks, answer.callback());
    EXPECT_TRUE(answer.get());
  }
  /// Rejects all that there is.
  std::size_t reject_all() {
    const auto locks = take();
    reject(locks);
    return locks.size();
  }
  /// Of two events of a key the first is dead, and holds back the other.
  void hold_back_one() {
    policy.order = delivery::Order::key;
    serve();
    send(0, "k");
    send(0, "k");
    (void)reject_all();
    settle();
    EXPECT_THAT(take(), testing::IsEmpty());
  }
  /// Until nothing is being archived.
  void settle() {
    world.run_until([&] {
      for (const auto& facts : delivery->facts("s"))
        if (!facts || facts->archiving > 0) return false;
      return true;
    });
  }

  static std::string short_id(const std::string& id) {
    constexpr std::string_view front = "s~orders~";
    return id.starts_with(front) ? id.substr(front.size()) : id;
  }
  static std::string line_of(const Found& found) {
    return short_id(found.id) + " " + std::string(name_of(found.state));
  }
  static Selection all_states() {
    Selection selection;
    selection.state.reset();
    return selection;
  }
  Result<Page> page(Selection selection, std::size_t limit = 1'000, Cursor from = {},
                    const std::string& topic = letters_topic) {
    Answered<Result<Page>> answer;
    letters->list(topic, std::move(selection), from, limit, answer.callback());
    return answer.get();
  }
  std::vector<Found> found(Selection selection = {}, const std::string& topic = letters_topic) {
    const auto got = page(std::move(selection), 1'000, {}, topic);
    EXPECT_TRUE(got) << got.error().message;
    return got ? got->letters : std::vector<Found>();
  }
  Lines lines(Selection selection = all_states()) {
    Lines out;
    for (const auto& each : found(std::move(selection))) out.push_back(line_of(each));
    std::ranges::sort(out);
    return out;
  }
  Found one() {
    auto all = found(all_states());
    EXPECT_EQ(all.size(), 1U);
    return all.empty() ? Found() : std::move(all.front());
  }
  Lines redrive(std::vector<Found> which, bool keeps_failures = false) {
    Answered<Result<std::vector<RedriveError>>> answer;
    letters->redrive(std::move(which), keeps_failures, answer.callback());
    const auto got = answer.get();
    if (!got) return {got.error().message};
    Lines out;
    for (const auto error : *got) out.emplace_back(name_of(error));
    return out;
  }
  /// A letter of that state is there. Nobody tells when what was acknowledged is known to its letter.
  void wait_for(const std::string& line) {
    world.run_until([&] { return std::ranges::count(lines(), line) > 0; });
  }
  Lines told() {
    const std::lock_guard lock(outcomes_mutex);
    return outcomes;
  }
};

}  // namespace millrace::redrive
