// What delivery costs: for each event that passes through, for each that stays, for each partition that is idle.
// Bytes are what malloc says it has given out, so they contain its own overhead.

#include <benchmark/benchmark.h>
#include <malloc.h>

#include <memory>
#include <vector>

#include "millrace/delivery/partition_delivery.hpp"

namespace millrace::delivery {
namespace {

constexpr Now start{Instant{std::chrono::hours(1)}, 1'700'000'000'000};

std::size_t bytes_in_use() { return mallinfo2().uordblks + mallinfo2().hblkhd; }

PartitionDelivery fresh(const Policy& policy) {
  PartitionDelivery machine(std::make_shared<Policy>(policy), 1);
  (void)machine.loaded();
  (void)machine.begin(Offset(0));
  return machine;
}

/// The next `count` events, of keys that come round after `keys` of them.
std::vector<Event> events_from(Offset from, std::size_t count, std::size_t keys) {
  std::vector<Event> events;
  for (std::size_t i = 0; i < count; ++i) {
    const Offset at = from + static_cast<std::int64_t>(i);
    events.push_back({at, 1 + static_cast<KeyHash>(at.value()) % keys, start.wall});
  }
  return events;
}

/// Told, acquired and acknowledged in batches; every second batch is acknowledged before the one in front of it.
void acquire_acknowledge(benchmark::State& state) {
  const auto batch = static_cast<std::size_t>(state.range(0));
  Policy policy;
  policy.order = static_cast<Order>(state.range(1));
  policy.read_ahead = 4 * batch;
  PartitionDelivery machine = fresh(policy);
  Offset told(0);
  std::size_t records = 0;
  const auto take = [&] {
    std::vector<Token> tokens;
    while (machine.wanted() && machine.facts().ready < 2 * batch) {
      const Offset to = told + static_cast<std::int64_t>(batch);
      (void)machine.tell(told, to, events_from(told, batch, 100'000), start);
      told = to;
    }
    for (const Acquired& one : machine.acquire(batch, ConsumerId{1}, start).events) tokens.push_back(one.token);
    return tokens;
  };
  std::int64_t done = 0;
  for (auto _ : state) {
    const auto first = take(), second = take();
    records += machine.acknowledge(second, start).effects.records.size();
    records += machine.acknowledge(first, start).effects.records.size();
    done += static_cast<std::int64_t>(first.size() + second.size());
  }
  state.SetItemsProcessed(done);
  state.counters["records_per_event"] = static_cast<double>(records) / static_cast<double>(done);
}
BENCHMARK(acquire_acknowledge)->ArgNames({"batch", "order"})->Args({1, 0})->Args({100, 0})->Args({100, 1});

enum Shape : std::int64_t { parked, parked_keys_of_their_own, in_flight, in_flight_one_by_one, failing, scattered };
constexpr const char* shapes[] = {
    "parked", "parked, each key its own", "in flight", "in flight, one by one", "failed, waiting", "one of 256"};

/// A million events that stay.
void bytes_per_unsettled(benchmark::State& state) {
  constexpr std::size_t count = unsettled_ceiling;
  const std::int64_t shape = state.range(0);
  state.SetLabel(shapes[shape]);
  Policy policy;
  policy.unsettled_max = policy.read_ahead = policy.in_flight_max = policy.per_key_max = count;
  policy.max_deliveries.reset();
  if (shape == parked || shape == parked_keys_of_their_own) policy.order = Order::key;
  for (auto _ : state) {
    const std::size_t before = bytes_in_use();
    PartitionDelivery machine = fresh(policy);
    const std::int64_t step = shape == scattered ? page_events : 1;
    for (std::int64_t at = 0; at < static_cast<std::int64_t>(count) * step; at += 1'000 * step) {
      auto events = events_from(Offset(at), 1'000, shape == parked ? 1'000 : SIZE_MAX);
      for (std::size_t i = 0; i < events.size(); ++i)
        events[i].offset = Offset(at + static_cast<std::int64_t>(i) * step);
      (void)machine.tell(Offset(at), Offset(at + 1'000 * step), events, start);
    }
    const std::size_t at_once = shape == in_flight_one_by_one ? 1 : 1'000;
    if (shape == in_flight || shape == in_flight_one_by_one || shape == failing) {
      for (std::size_t i = 0; i < count; i += at_once) {
        const auto taken = machine.acquire(at_once, ConsumerId{1}, start).events;
        std::vector<Token> tokens;
        for (const Acquired& one : taken) tokens.push_back(one.token);
        const FailedAttempt why{.reason = Reason::http_status, .code = 503, .message = std::string(100, 'x')};
        if (shape == failing) (void)machine.fail(tokens, why, {}, start);
      }
    }
    state.counters["bytes_per_event"] =
        static_cast<double>(bytes_in_use() - before) / static_cast<double>(machine.facts().unsettled);
  }
}
BENCHMARK(bytes_per_unsettled)->ArgName("shape")->DenseRange(parked, scattered)->Iterations(1);

/// All of one policy, each with one event told and acknowledged.
void idle_partitions(benchmark::State& state) {
  const auto policy = std::make_shared<Policy>();
  for (auto _ : state) {
    const std::size_t before = bytes_in_use();
    std::vector<PartitionDelivery> machines;
    for (std::uint64_t i = 0; i < 10'000; ++i) {
      PartitionDelivery& machine = machines.emplace_back(policy, i);
      (void)machine.loaded();
      (void)machine.begin(Offset(0));
      (void)machine.tell(Offset(0), Offset(1), events_from(Offset(0), 1, 1), start);
      const auto taken = machine.acquire(1, ConsumerId{1}, start).events;
      (void)machine.acknowledge({&taken[0].token, 1}, start);
    }
    state.counters["bytes_per_partition"] = static_cast<double>(bytes_in_use() - before) / 10'000;
  }
}
BENCHMARK(idle_partitions)->Iterations(1);

}  // namespace
}  // namespace millrace::delivery
