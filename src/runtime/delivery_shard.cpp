#include "delivery_shard.hpp"

#include <spdlog/logger.h>

#include <algorithm>
#include <iterator>

#include "millrace/record/builder.hpp"
#include "millrace/record/record.hpp"

namespace millrace::runtime {

using delivery::Effects;
using delivery::Home;
using delivery::PartitionDelivery;

namespace {

constexpr Milliseconds reload_interval{1'000};
constexpr std::size_t batch_bytes = limits::MiB;  ///< a decision about many events becomes several batches

}  // namespace

/// Answers that are kept back until the log is durable.
class DeliveryShard::Held final : public AppendWait {
 public:
  explicit Held(Answers answers) : answers_(std::move(answers)) {}

  void settled(std::size_t, ErrorCode error) override {
    if (error != ErrorCode::none) {
      for (auto& each : answers_) each.error = gone;
    }
    deliver(std::move(answers_));
  }
  [[nodiscard]] Answers take() { return std::move(answers_); }

 private:
  Answers answers_;
};

DeliveryShard::DeliveryShard(std::shared_ptr<HostedPartition> partition, const Clock& clock, Seeds seeds,
                             Listeners listeners, spdlog::logger& diagnostics)
    : partition_(std::move(partition)),
      clock_(clock),
      seeds_(std::move(seeds)),
      listeners_(std::make_shared<const Listeners>(std::move(listeners))),
      diagnostics_(diagnostics) {}

DeliveryShard::Entry* DeliveryShard::find(State& state, const Home& home) {
  const auto found = state.entries.find(home);
  return found == state.entries.end() || !found->second.is_served ? nullptr : &found->second;
}

/// The entry of `home`, with a machine.
DeliveryShard::Entry& DeliveryShard::enter(State& state, const Home& home) const {
  const auto place = state.entries.try_emplace(home).first;
  Entry& entry = place->second;
  if (entry.machine) return entry;
  entry.home = &place->first;
  if (!entry.policy) entry.policy = std::make_shared<const delivery::Policy>();
  entry.machine = std::make_unique<PartitionDelivery>(entry.policy, seeds_());
  return entry;
}

Result<void> DeliveryShard::load() {
  Answers due;
  auto loaded = state_.with([&](State& state) -> Result<void> {
    if (state.is_stopped) return {};
    const Now now = clock_.now();
    lose(state, now);
    if (auto replayed = replay(state); !replayed) return replayed;
    state.is_loaded = true;
    for (auto& [home, known] : state.entries) {
      Entry& entry = enter(state, home);
      auto found = entry.machine->loaded();
      entry.is_known = found.known || entry.is_served;
      if (!found.known && entry.is_served)
        std::ranges::move(entry.machine->begin(entry.begin).records, std::back_inserter(found.effects.records));
      settle(state, entry, std::move(found.effects), {}, now, due);
      // Its machine knows nothing of the log yet: whoever waits has to receive again.
      if (entry.is_served && listeners_->ready)
        due.push_back({[say = listeners_, at = home](ErrorCode) { say->ready(at); }});
      if (!state.is_loaded) return failure(Errc::io, partition_->directory() + " cannot be written");
    }
    return {};
  });
  deliver(std::move(due));
  return loaded;
}

Result<void> DeliveryShard::replay(State& state) {
  std::size_t not_understood = 0;
  std::string why;
  const auto step_over = [&](const Error& error) {
    ++not_understood;
    why = error.message;
  };
  Offset end;
  const auto walked = partition_->with([&](broker::Partition& partition) {
    end = partition.end();
    return partition.log().walk(partition.start(), [&](const record::BatchHeader& header, ByteView batch) {
      if (header.is_control()) return true;
      const auto records = record::read_records(batch);
      if (!records) {
        step_over(records.error());
        return true;
      }
      for (const auto& each : *records) {
        const auto key = each.key ? ByteView(*each.key) : ByteView();
        const auto value = each.value ? std::optional<ByteView>(*each.value) : std::nullopt;
        if (const auto record = delivery::decode(key, value)) {
          enter(state, record->home).machine->replay(record->record);
        } else {
          step_over(record.error());
        }
      }
      return true;
    });
  });
  if (!walked) return Failure(walked.error().within(partition_->directory()));
  // What was read may not be durable: nobody may learn of it before it is.
  for (auto& [home, entry] : state.entries) entry.log_end = end;
  if (not_understood > 0) {
    diagnostics_.warn("delivery records stepped over log={} count={} last=\"{}\"", partition_->directory(),
                      not_understood, why);
  }
  return {};
}

void DeliveryShard::serve(const Home& home, delivery::PolicyPtr policy, Offset begin, DoneWhenDurable done,
                          std::shared_ptr<DeliveryBreaker> breaker) {
  Answers due;
  state_.with([&](State& state) {
    if (!state.is_loaded) {
      due.push_back({std::move(done), gone});
      return;
    }
    const Now now = clock_.now();
    Entry& entry = state.entries[home];
    entry.policy = policy;
    entry.breaker = std::move(breaker);
    entry.begin = begin;
    entry.is_served = true;
    Effects effects;
    if (entry.machine) {
      effects = entry.machine->set_policy(std::move(policy), now);
      entry.machine->judge_anew();
    } else {
      (void)enter(state, home).machine->loaded();
    }
    if (!std::exchange(entry.is_known, true))
      std::ranges::move(entry.machine->begin(begin).records, std::back_inserter(effects.records));
    settle(state, entry, std::move(effects), std::move(done), now, due);
  });
  deliver(std::move(due));
}

void DeliveryShard::forget(const Home& home, DoneWhenDurable done) {
  Answers due;
  state_.with([&](State& state) {
    const auto found = state.entries.find(home);
    if (!state.is_loaded || found == state.entries.end()) {
      due.push_back({std::move(done), state.is_loaded ? nobody : gone});
      return;
    }
    Entry& entry = found->second;
    Effects effects;
    effects.records = entry.machine->forget();
    settle(state, entry, std::move(effects), std::move(done), clock_.now(), due);
    if (!state.is_loaded) return;
    if (entry.due) state.due.erase({*entry.due, &entry});
    state.counted.erase(home);
    state.entries.erase(found);
  });
  deliver(std::move(due));
}

std::optional<std::vector<Home>> DeliveryShard::homes_of(const std::string& subscription) const {
  return state_.with([&](const State& state) -> std::optional<std::vector<Home>> {
    if (!state.is_loaded) return std::nullopt;
    std::vector<Home> homes;
    const auto first = state.entries.lower_bound(Home{.subscription = subscription, .topic = {}, .partition = 0});
    for (auto at = first; at != state.entries.end() && at->first.subscription == subscription; ++at)
      homes.push_back(at->first);
    return homes;
  });
}

std::optional<PartitionDelivery::Counts> DeliveryShard::counts(const Home& home) const {
  return state_.with([&](const State& state) -> std::optional<PartitionDelivery::Counts> {
    const auto found = state.entries.find(home);
    if (found == state.entries.end() || !found->second.is_served) return std::nullopt;
    const auto before = state.counted.find(home);
    auto counts = before == state.counted.end() ? PartitionDelivery::Counts() : before->second;
    if (found->second.machine) counts += found->second.machine->counts();
    return counts;
  });
}

void DeliveryShard::settle(State& state, Entry& entry, Effects effects, DoneWhenDurable done, Now now, Answers& due) {
  if (!effects.records.empty() && !append(entry, effects.records, now)) {
    // What was decided cannot be kept: nobody may learn of it.
    if (done) due.push_back({std::move(done), gone});
    lose(state, now);
    return;
  }
  rearm(state, entry);
  const auto facts = entry.machine->facts();
  if (std::exchange(entry.moved_to, facts.start) != facts.start) state.moved.insert(entry.home->subscription);
  const bool is_judged = entry.breaker && effects.settled != delivery::Settled{};
  const bool has_room = is_judged && entry.breaker->settled(effects.settled, now.steady);
  // Who waits may wait for nothing else: of what was not told yet nothing is ready.
  const bool is_stopped = facts.stop != delivery::Stop::none;
  const bool goes_on = std::exchange(entry.is_stopped, is_stopped) && !is_stopped;
  if (listeners_->ready && (has_room || goes_on || facts.ready > 0))
    due.push_back({[say = listeners_, home = *entry.home](ErrorCode) { say->ready(home); }});
  Answers answers;
  if (done) answers.push_back({std::move(done)});
  say_when_durable(entry, std::move(effects), answers);
  if (!answers.empty()) wait_until_durable(entry, std::move(answers), due);
}

void DeliveryShard::say_when_durable(const Entry& entry, Effects effects, Answers& into) const {
  if (!effects.letters.empty() && listeners_->letters) {
    into.push_back(
        {[say = listeners_, home = *entry.home, letters = std::move(effects.letters)](ErrorCode error) mutable {
          if (error == ErrorCode::none) say->letters(home, std::move(letters));
        }});
  }
  if (!effects.resolved.empty() && listeners_->resolved) {
    into.push_back(
        {[say = listeners_, home = *entry.home, resolved = std::move(effects.resolved)](ErrorCode error) mutable {
          if (error == ErrorCode::none) say->resolved(home, std::move(resolved));
        }});
  }
}

void DeliveryShard::wait_until_durable(const Entry& entry, Answers answers, Answers& due) {
  auto held = std::make_shared<Held>(std::move(answers));
  if (partition_->wait_for_flush(entry.log_end, held, 0)) return;
  // Durable already, or never: the caller answers, when it has left the lock.
  const bool lost = partition_->with([&](broker::Partition& each) { return each.durable_end() < entry.log_end; });
  for (auto& each : held->take()) {
    if (lost) each.error = gone;
    due.push_back(std::move(each));
  }
}

bool DeliveryShard::append(Entry& entry, const std::vector<delivery::Record>& records, Now now) {
  record::BatchBuilder builder;
  for (const auto& each : records) {
    const auto bytes = delivery::encode(*entry.home, each);
    const auto value = bytes.value ? std::optional<ByteView>(*bytes.value) : std::nullopt;
    builder.add({.timestamp = now.wall, .key = ByteView(bytes.key), .value = value, .headers = {}});
    const bool last = &each == &records.back();
    if ((last || builder.uncompressed_bytes() >= batch_bytes) && !append(entry, builder.finish(), now)) return false;
  }
  return true;
}

bool DeliveryShard::append(Entry& entry, Bytes batch, Now now) {
  broker::AppendAnswer answer;
  (void)partition_->append(batch, record::read_header(batch), now, nullptr, 0, answer);
  if (answer.error != ErrorCode::none) {
    diagnostics_.error("delivery records not written log={} error={} why=\"{}\"", partition_->directory(),
                       name_of(answer.error), answer.message);
    return false;
  }
  entry.log_end = answer.next;
  return true;
}

void DeliveryShard::rearm(State& state, Entry& entry) const {
  const auto next = entry.machine->next_deadline();
  if (next == entry.due) return;
  if (entry.due) state.due.erase({*entry.due, &entry});
  entry.due = next;
  if (next) state.due.insert({*next, &entry});
}

/// Who is served stays so, and gets another machine when the log can be read again.
void DeliveryShard::lose(State& state, Now now) const {
  state.is_loaded = false;
  state.load_again_at = now.steady + reload_interval;
  state.due.clear();
  std::erase_if(state.entries, [](const auto& each) { return !each.second.is_served; });
  for (auto& [home, entry] : state.entries) {
    if (entry.machine) state.counted[home] += entry.machine->counts();
    entry.machine.reset();
    entry.due.reset();
  }
}

void DeliveryShard::deliver(Answers answers) {
  for (auto& each : answers) each.done(each.error);
}

std::optional<Instant> DeliveryShard::next_deadline() const {
  return state_.with([](const State& state) -> std::optional<Instant> {
    if (state.is_stopped) return std::nullopt;
    if (!state.is_loaded) return state.load_again_at;
    return state.due.empty() ? std::nullopt : std::optional(state.due.begin()->first);
  });
}

void DeliveryShard::run_timers() {
  const Now now = clock_.now();
  const auto next = next_deadline();
  if (!next || *next > now.steady) return;
  Answers due;
  const bool is_loaded = state_.with([&](State& state) {
    while (state.is_loaded && !state.due.empty() && state.due.begin()->first <= now.steady) {
      Entry& entry = *state.due.begin()->second;
      settle(state, entry, entry.machine->tick(now), {}, now, due);
    }
    return state.is_loaded || state.is_stopped;
  });
  deliver(std::move(due));
  if (is_loaded) return;
  if (const auto again = next_deadline(); !again || *again > now.steady) return;  // It was lost just now.
  if (auto loaded = load(); !loaded)
    diagnostics_.error("delivery not loaded log={} why=\"{}\"", partition_->directory(), loaded.error().message);
}

std::set<std::string> DeliveryShard::take_moved() {
  return state_.with([](State& state) { return std::exchange(state.moved, {}); });
}

void DeliveryShard::stop() {
  state_.with([&](State& state) {
    state.is_stopped = true;
    lose(state, clock_.now());
  });
}

}  // namespace millrace::runtime
