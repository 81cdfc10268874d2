// What the engine of delivery does on a disk: several consumers each receive, then acknowledge, and an acknowledgement
// counts when it is durable. The log has the events already. In the directory that the environment calls TMPDIR.

#include <benchmark/benchmark.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <future>
#include <random>

#include "millrace/disk/posix_disk.hpp"
#include "millrace/record/builder.hpp"
#include "millrace/runtime/delivery_runtime.hpp"
#include "support/seeded_random.hpp"

namespace millrace::runtime {
namespace {

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Now now() const override {
    const auto since = [](auto time) { return std::chrono::duration_cast<Milliseconds>(time.time_since_epoch()); };
    return {Instant{since(std::chrono::steady_clock::now())}, since(std::chrono::system_clock::now()).count()};
  }
};

class LockedRandom final : public Random {
 public:
  [[nodiscard]] std::uint64_t next() override {
    const std::lock_guard lock(mutex_);
    return random_.next();
  }

 private:
  std::mutex mutex_;
  support::SeededRandom random_{std::random_device{}()};
};

template <class T>
T answer_of(const std::function<void(std::function<void(T)>)>& ask) {
  auto promise = std::make_shared<std::promise<T>>();
  auto future = promise->get_future();
  ask([promise](T value) { promise->set_value(std::move(value)); });
  return future.get();
}

struct Engine {
  std::filesystem::path directory;
  std::unique_ptr<disk::Disk> disk;
  SystemClock clock;
  LockedRandom random;
  asio::io_context context{1};
  std::unique_ptr<BrokerRuntime> broker;
  std::unique_ptr<DeliveryRuntime> delivery;

  explicit Engine(PartitionIndex partitions) {
    directory = std::filesystem::temp_directory_path() / ("delivery_engine_bench-" + std::to_string(random.next()));
    std::filesystem::create_directories(directory);
    disk = disk::open_posix_disk(directory.string()).value();
    auto silent = std::make_shared<spdlog::logger>("bench", std::make_shared<spdlog::sinks::null_sink_mt>());
    broker = BrokerRuntime::open(*disk, clock, random, {}, silent).value();
    broker::CreateTopic topic;
    topic.name = "orders";
    topic.partitions = partitions;
    (void)answer_of<std::vector<broker::CreateAnswer>>([&](auto done) { broker->create_topics({topic}, done); });
    delivery = DeliveryRuntime::open(*broker, context.get_executor(), 1, silent).value();
    delivery::Policy policy;
    policy.read_ahead = 10'000;
    Subscription subscription{.id = "s",
                              .topic = "orders",
                              .policy = std::make_shared<delivery::Policy>(policy),
                              .from_start = true,
                              .takes = nullptr};
    (void)answer_of<ErrorCode>([&](auto done) { delivery->serve(subscription, done); });
  }
  ~Engine() {
    delivery.reset();
    context.poll();
    (void)broker->close();
    broker.reset();
    std::filesystem::remove_all(directory);
  }

  void send(PartitionIndex partition, int count, std::size_t value_bytes) {
    const std::string value(value_bytes, 'x');
    record::BatchBuilder builder;
    for (int i = 0; i < count; ++i)
      builder.add({.timestamp = clock.now().wall, .key = std::nullopt, .value = as_bytes(value), .headers = {}});
    auto bytes = builder.finish();
    (void)answer_of<std::vector<ProducePartAnswer>>([&](auto done) {
      ProduceRequest request;
      request.parts.push_back({.topic = {.name = "orders", .id = {}}, .partition = partition, .records = bytes});
      broker->produce(std::move(request), done);
    });
  }
};

/// Receives and acknowledges until `left` is used up; then says so.
void consume(Engine& engine, std::size_t batch, std::uint64_t consumer, std::atomic<std::int64_t>& left,
             const std::shared_ptr<std::promise<void>>& finished) {
  if (left.load() <= 0) return finished->set_value();
  engine.delivery->receive(
      "s", batch, delivery::ConsumerId{consumer}, [&engine, batch, consumer, &left, finished](const auto& received) {
        std::vector<DeliveryLock> locks;
        if (received)
          for (const Delivered& one : received->events) locks.push_back({one.partition, one.event.token});
        engine.delivery->acknowledge("s", locks, [&engine, batch, consumer, &left, finished](const auto& answers) {
          if (answers) left.fetch_sub(static_cast<std::int64_t>(answers->size()));
          consume(engine, batch, consumer, left, finished);
        });
      });
}

void receive_and_acknowledge(benchmark::State& state) {
  const auto batch = static_cast<std::size_t>(state.range(0));
  const std::int64_t consumers = state.range(1);
  constexpr PartitionIndex partitions = 4;
  constexpr int events = 500'000, of_a_batch = 500;
  Engine engine(partitions);
  for (int i = 0; i < events / of_a_batch; ++i) engine.send(i % partitions, of_a_batch, 200);
  for (auto _ : state) {
    std::atomic<std::int64_t> left = events;
    std::vector<std::future<void>> all;
    for (std::int64_t i = 0; i < consumers; ++i) {
      auto finished = std::make_shared<std::promise<void>>();
      all.push_back(finished->get_future());
      consume(engine, batch, static_cast<std::uint64_t>(i), left, finished);
    }
    for (auto& each : all) each.get();
  }
  state.SetItemsProcessed(state.iterations() * events);
}
BENCHMARK(receive_and_acknowledge)
    ->ArgNames({"batch", "consumers"})
    ->Args({100, 1})
    ->Args({100, 8})
    ->Args({500, 8})
    ->Iterations(1)
    ->UseRealTime()
    ->MeasureProcessCPUTime();

}  // namespace
}  // namespace millrace::runtime
