#pragma once
// The bench with redrive jobs, and many events and letters for them. Time passes as it does for the test, unless it is
// held.

#include <gmock/gmock.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "redrive/bench.hpp"

namespace millrace::redrive {

class JobBench : public Bench {
 public:
  explicit JobBench(broker::ConfigMap configs = {}) : Bench(With{.jobs = true, .configs = std::move(configs)}) {}

  static constexpr std::size_t at_once = 1'000;

  void forget_subscription() {
    Answered<ErrorCode> forgotten;
    delivery->forget("s", forgotten.callback());
    ASSERT_EQ(forgotten.get(), ErrorCode::none);
    letters->forget("s");  // now, as the dispatcher does: delivery takes no letter of it back any more
  }

  /// So many events in binary mode, in batches.
  void send(std::size_t count, PartitionIndex partition = 0) {
    for (std::size_t at = 0; at < count;) {
      record::BatchBuilder builder;
      for (std::size_t n = 0; n < 500 && at < count; ++n, ++at) {
        const auto id = std::to_string(partition) + "." + std::to_string(at);
        const std::pair<std::string_view, std::string_view> texts[] = {
            {"ce_specversion", "1.0"}, {"ce_id", id}, {"ce_source", "/shop"}, {"ce_type", "order.placed"}};
        std::vector<record::HeaderView> headers;
        for (const auto& [key, value] : texts) headers.push_back({key, as_bytes(value)});
        const auto key = std::to_string(at % 7);
        builder.add({.timestamp = 1'700'000'000'000, .key = as_bytes(key), .value = as_bytes(id), .headers = headers});
      }
      auto bytes = builder.finish();
      runtime::ProduceRequest request;
      request.parts.push_back({.topic = {.name = "orders", .id = {}}, .partition = partition, .records = bytes});
      World::Produced answer;
      world.broker->produce(std::move(request), answer.callback());
      ASSERT_EQ(answer.get().front().append.error, ErrorCode::none);
    }
  }

  /// Acknowledges what there is, and counts how often each event was delivered.
  std::size_t acknowledge() {
    const auto locks = take(at_once);
    if (locks.empty()) return 0;
    Bench::acknowledge(locks);
    for (const auto& lock : locks) ++delivered[{lock.partition, lock.token.offset.value()}];
    return locks.size();
  }
  std::map<std::pair<PartitionIndex, std::int64_t>, int> delivered;

  /// Everything that was sent becomes a letter.
  void bury(std::size_t count) {
    for (std::size_t dead = 0; dead < count;) {
      const auto locks = take(at_once);
      reject(locks);
      dead += locks.size();
      if (locks.empty()) pass(1ms);
    }
    until([&] { return state(LetterState::open) == count; });
  }

  /// The clock follows that of the test.
  void pass(std::chrono::milliseconds time) {
    world.context.restart();
    world.context.run_for(time);
    world.clock.advance(time);
  }
  void until(const std::function<bool()>& done) {
    const auto limit = std::chrono::steady_clock::now() + 250s;
    while (!done()) {
      ASSERT_LT(std::chrono::steady_clock::now(), limit) << "it never came";
      pass(1ms);
    }
  }
  /// Until the job is in that state; what is redriven is acknowledged.
  JobFacts until(const std::string& id, JobState wanted) {
    until([&] {
      acknowledge();
      return jobs->find(id)->state == wanted;
    });
    return *jobs->find(id);
  }

  Result<JobFacts> create(JobWish wish) {
    if (wish.topic.empty()) wish.topic = letters_topic;
    Answered<Result<JobFacts>> answer;
    jobs->create(std::move(wish), answer.callback());
    return answer.get();
  }
  Result<std::uint64_t> count(JobWish wish) {
    if (wish.topic.empty()) wish.topic = letters_topic;
    Answered<Result<std::uint64_t>> answer;
    jobs->count(std::move(wish), answer.callback());
    return answer.get();
  }
  using Verb = void (Jobs::*)(const std::string&, Told<JobFacts>);
  Result<JobFacts> change(Verb verb, const std::string& id) {
    Answered<Result<JobFacts>> answer;
    (*jobs.*verb)(id, answer.callback());
    return answer.get();
  }
  Result<void> remove(const std::string& id) {
    Answered<Result<void>> answer;
    jobs->remove(id, answer.callback());
    return answer.get();
  }
  /// How many letters are in it.
  std::size_t state(LetterState which) {
    Answered<Result<std::vector<Summary>>> answer;
    letters->summarise(answer.callback());
    const auto got = answer.get();
    if (!got) return 0;
    for (const auto& each : *got) {
      if (each.topic != letters_topic) continue;
      switch (which) {
        case LetterState::open: return each.open;
        case LetterState::redriving: return each.redriving;
        case LetterState::resolved: return each.resolved;
        case LetterState::discarded: return each.discarded;
        case LetterState::superseded: return each.superseded;
        case LetterState::revising: return 0;
      }
    }
    return 0;
  }
};

}  // namespace millrace::redrive
