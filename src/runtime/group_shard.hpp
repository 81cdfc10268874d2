#pragma once
// One coordinator at work: its lock, its log, and who waits for its answers. See group_runtime.hpp for the promise.

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "millrace/broker/catalog.hpp"
#include "millrace/groups/coordinator.hpp"
#include "millrace/runtime/callback.hpp"
#include "millrace/runtime/guarded.hpp"
#include "millrace/runtime/hosted_partition.hpp"

namespace spdlog {
class logger;
}

namespace millrace::runtime {

using AnyGroupAnswer = tl::expected<groups::AnyReply, ErrorCode>;
using AnyGroupDone = Callback<void(AnyGroupAnswer)>;

using CatalogSource = std::function<std::shared_ptr<const broker::Catalog>()>;

class GroupShard {
 public:
  /// `catalog` gives the newest one, at any time; `rules` are for what it has for groups.
  GroupShard(std::shared_ptr<HostedPartition> partition, CatalogSource catalog, const broker::GroupConfigRules& rules,
             const groups::Config& config, const Clock& clock, spdlog::logger& diagnostics);

  /// Replays the log. Records that are not understood are stepped over and said.
  [[nodiscard]] Result<void> load();

  /// Runs `decide(coordinator, ticket, now) → Effects` under the lock; `done` gets the answer to the ticket.
  template <class Decide>
  void ask(Decide&& decide, AnyGroupDone done) {
    Answers due;
    state_.with([&](State& state) {
      if (!state.coordinator) {
        due.push_back({std::move(done), tl::unexpected(gone)});
        return;
      }
      const groups::Ticket ticket{state.next_ticket++};
      state.waiting.emplace(ticket, std::move(done));
      const auto now = clock_.now();
      show_catalog(state);
      settle(state, decide(*state.coordinator, ticket, now), now, due);
    });
    deliver(std::move(due));
  }

  /// The same without anyone who asked: timers, deleted topics.
  template <class Decide>
  void tell(Decide&& decide) {
    Answers due;
    state_.with([&](State& state) {
      if (!state.coordinator) return;
      const auto now = clock_.now();
      show_catalog(state);
      settle(state, decide(*state.coordinator, now), now, due);
    });
    deliver(std::move(due));
  }

  /// What is due by now: the coordinator's timers, or another try at loading one whose log could not be written.
  void run_timers();
  [[nodiscard]] std::optional<Instant> next_deadline() const;
  /// All zero while there is no coordinator, but for what only grows.
  [[nodiscard]] groups::Coordinator::Totals totals() const;
  /// One page of what is committed behind `after`; nothing while there is no coordinator.
  [[nodiscard]] groups::Coordinator::CommittedPage committed(const groups::OffsetKey& after) const;
  [[nodiscard]] const groups::Config& config() const { return config_; }
  void stop();

 private:
  struct State {
    std::unique_ptr<groups::Coordinator> coordinator;  ///< null while there is none
    std::shared_ptr<const broker::Catalog> shown;      ///< what it knows of
    bool stopped = false;
    Instant load_again_at{};  ///< when there is none and it was not stopped
    /// Of coordinators that are gone.
    std::uint64_t classic_rebalances = 0;
    std::uint64_t consumer_rebalances = 0;
    std::unordered_map<groups::Ticket, AnyGroupDone> waiting;
    std::uint64_t next_ticket = 1;
    Offset log_end;  ///< after our last append: what an answer has to wait for
  };
  struct Answer {
    AnyGroupDone done;
    AnyGroupAnswer answer;
  };
  using Answers = std::vector<Answer>;
  class Held;
  /// Where clients look when their coordinator is gone: they ask for it again and come back.
  static constexpr auto gone = ErrorCode::not_coordinator;

  /// Lets the coordinator see the topics that there are now, and what is set for groups.
  void show_catalog(State& state) const;
  void settle(State& state, groups::Effects effects, Now now, Answers& now_due);
  [[nodiscard]] bool append(State& state, const std::vector<groups::LogRecord>& records, Now now);
  [[nodiscard]] bool append(State& state, Bytes batch, Now now);
  void take_all(State& state, Answers& refused);
  static void deliver(Answers answers);

  std::shared_ptr<HostedPartition> partition_;
  CatalogSource catalog_;
  broker::GroupConfigRules rules_;
  groups::Config config_;
  const Clock& clock_;
  spdlog::logger& diagnostics_;
  Guarded<State> state_;
};

}  // namespace millrace::runtime
