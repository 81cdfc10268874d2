#include "group_shard.hpp"

#include <spdlog/logger.h>

#include "catalog_groups.hpp"
#include "catalog_topics.hpp"
#include "millrace/record/builder.hpp"

namespace millrace::runtime {

namespace {
constexpr Milliseconds reload_interval{1'000};
constexpr std::size_t batch_bytes = limits::MiB;  ///< a decision about many offsets becomes several batches
constexpr std::size_t page_offsets = 500;         ///< copied in some fifty microseconds
}  // namespace

/// Answers that are kept back until the log is durable.
class GroupShard::Held final : public AppendWait {
 public:
  explicit Held(Answers answers) : answers_(std::move(answers)) {}

  void settled(std::size_t, ErrorCode error) override {
    if (error != ErrorCode::none) {
      for (auto& each : answers_) each.answer = tl::unexpected(gone);
    }
    deliver(std::move(answers_));
  }
  [[nodiscard]] Answers take() { return std::move(answers_); }

 private:
  Answers answers_;
};

GroupShard::GroupShard(std::shared_ptr<HostedPartition> partition, CatalogSource catalog,
                       const broker::GroupConfigRules& rules, const groups::Config& config, const Clock& clock,
                       spdlog::logger& diagnostics)
    : partition_(std::move(partition)),
      catalog_(std::move(catalog)),
      rules_(rules),
      config_(config),
      clock_(clock),
      diagnostics_(diagnostics) {}

Result<void> GroupShard::load() {
  return state_.with([&](State& state) -> Result<void> {
    if (state.stopped) return {};
    auto coordinator = std::make_unique<groups::Coordinator>(config_);
    std::size_t not_understood = 0;
    std::string why;
    const auto walked = partition_->with([&](broker::Partition& partition) {
      state.log_end = partition.end();
      return partition.log().walk(partition.start(), [&](const record::BatchHeader& header, ByteView batch) {
        if (header.is_control()) return true;
        const auto records = record::read_records(batch);
        if (!records) {
          ++not_understood;
          why = records.error().message;
          return true;
        }
        for (const auto& each : *records) {
          const auto key = each.key ? ByteView(*each.key) : ByteView();
          const auto value = each.value ? std::optional<ByteView>(*each.value) : std::nullopt;
          if (auto applied = coordinator->replay(key, value); !applied) {
            ++not_understood;
            why = applied.error().message;
          }
        }
        return true;
      });
    });
    if (!walked) return Failure(walked.error().within(partition_->directory()));
    if (not_understood > 0) {
      diagnostics_.warn("group records stepped over log={} count={} last=\"{}\"", partition_->directory(),
                        not_understood, why);
    }
    coordinator->set_settings(std::make_shared<CatalogGroups>(catalog_(), rules_));
    coordinator->loaded(clock_.now());
    state.coordinator = std::move(coordinator);
    state.shown.reset();
    return {};
  });
}

bool GroupShard::append(State& state, const std::vector<groups::LogRecord>& records, Now now) {
  record::BatchBuilder builder;
  for (const auto& each : records) {
    const auto value = each.value ? std::optional<ByteView>(*each.value) : std::nullopt;
    builder.add({.timestamp = each.timestamp, .key = ByteView(each.key), .value = value, .headers = {}});
    const bool last = &each == &records.back();
    if ((last || builder.uncompressed_bytes() >= batch_bytes) && !append(state, builder.finish(), now)) return false;
  }
  return true;
}

bool GroupShard::append(State& state, Bytes batch, Now now) {
  broker::AppendAnswer answer;
  (void)partition_->append(batch, record::read_header(batch), now, nullptr, 0, answer);
  if (answer.error != ErrorCode::none) {
    diagnostics_.error("group records not written log={} error={} why=\"{}\"", partition_->directory(),
                       name_of(answer.error), answer.message);
    return false;
  }
  state.log_end = answer.next;
  return true;
}

void GroupShard::settle(State& state, groups::Effects effects, Now now, Answers& due) {
  if (!effects.records.empty() && !append(state, effects.records, now)) {
    // What was decided cannot be kept: nobody may learn of it.
    take_all(state, due);
    const auto totals = state.coordinator->totals();
    state.classic_rebalances += totals.classic_rebalances;
    state.consumer_rebalances += totals.consumer_rebalances;
    state.coordinator.reset();
    state.load_again_at = now.steady + reload_interval;
    return;
  }
  Answers answers;
  for (auto& reply : effects.replies) {
    auto waiting = state.waiting.extract(reply.to);
    if (waiting.empty()) continue;
    answers.push_back({std::move(waiting.mapped()), std::move(reply.answer)});
  }
  if (answers.empty()) return;
  auto held = std::make_shared<Held>(std::move(answers));
  if (partition_->wait_for_flush(state.log_end, held, 0)) return;
  // Durable already, or never: the caller answers, when it has left the lock.
  const bool lost = partition_->with([&](broker::Partition& each) { return each.durable_end() < state.log_end; });
  for (auto& each : held->take()) {
    if (lost) each.answer = tl::unexpected(gone);
    due.push_back(std::move(each));
  }
}

void GroupShard::show_catalog(State& state) const {
  auto catalog = catalog_();
  if (state.shown == catalog) return;
  state.shown = catalog;
  state.coordinator->set_settings(std::make_shared<CatalogGroups>(catalog, rules_));
  state.coordinator->set_topics(std::make_shared<CatalogTopics>(std::move(catalog)));
}

void GroupShard::take_all(State& state, Answers& refused) {
  for (auto& [ticket, done] : state.waiting) refused.push_back({std::move(done), tl::unexpected(gone)});
  state.waiting.clear();
}

void GroupShard::deliver(Answers answers) {
  for (auto& each : answers) each.done(std::move(each.answer));
}

std::optional<Instant> GroupShard::next_deadline() const {
  return state_.with([](const State& state) -> std::optional<Instant> {
    if (state.coordinator) return state.coordinator->next_deadline();
    return state.stopped ? std::nullopt : std::optional(state.load_again_at);
  });
}

groups::Coordinator::Totals GroupShard::totals() const {
  return state_.with([](const State& state) {
    auto totals = state.coordinator ? state.coordinator->totals() : groups::Coordinator::Totals();
    totals.classic_rebalances += state.classic_rebalances;
    totals.consumer_rebalances += state.consumer_rebalances;
    return totals;
  });
}

groups::Coordinator::CommittedPage GroupShard::committed(const groups::OffsetKey& after) const {
  return state_.with([&](const State& state) {
    return state.coordinator ? state.coordinator->committed(after, page_offsets) : groups::Coordinator::CommittedPage();
  });
}

void GroupShard::run_timers() {
  const auto now = clock_.now().steady;
  const auto due = next_deadline();
  if (!due || *due > now) return;
  const bool gone_for_now = state_.with([](const State& state) { return !state.coordinator && !state.stopped; });
  if (!gone_for_now) return tell([](groups::Coordinator& coordinator, Now at) { return coordinator.tick(at); });
  if (auto loaded = load(); !loaded) {
    diagnostics_.error("groups not loaded log={} why=\"{}\"", partition_->directory(), loaded.error().message);
    state_.with([&](State& state) { state.load_again_at = now + reload_interval; });
  }
}

void GroupShard::stop() {
  Answers refused;
  state_.with([&](State& state) {
    state.stopped = true;
    take_all(state, refused);
    state.coordinator.reset();
  });
  deliver(std::move(refused));
}

}  // namespace millrace::runtime
