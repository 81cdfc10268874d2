#pragma once
// One partition of `__millrace_delivery` at work: the machines whose records it has, their lock, and who waits for
// their answers. Each machine delivers one partition to one subscription (delivery/partition_delivery.hpp).
//
// Records of a decision are appended before it is answered, and an answer leaves only when everything that its machine
// has written so far is durable; answers that wait together wait for one flush. Dead letters leave in the same way. If
// the log cannot be written all machines are thrown away and loaded anew: whoever asks meanwhile is told
// NOT_COORDINATOR, tokens from before are lost, and nothing that was answered is.
//
// Shared: any thread; callbacks come on any thread, outside the lock. Locks: this one first, then its partition's.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "delivery_breaker.hpp"
#include "millrace/delivery/partition_delivery.hpp"
#include "millrace/runtime/callback.hpp"
#include "millrace/runtime/guarded.hpp"
#include "millrace/runtime/hosted_partition.hpp"

namespace spdlog {
class logger;
}

namespace millrace::runtime {

class DeliveryShard {
 public:
  /// What is said by itself: see DeliveryListeners; and, at once, that somebody may receive something.
  struct Listeners {
    std::function<void(const delivery::Home&, std::vector<delivery::DeadLetter>)> letters{};
    std::function<void(const delivery::Home&, std::vector<delivery::Resolved>)> resolved{};
    std::function<void(const delivery::Home&)> ready{};
  };
  /// A number that was not drawn before, for each life of a machine.
  using Seeds = std::function<std::uint64_t()>;
  DeliveryShard(std::shared_ptr<HostedPartition> partition, const Clock& clock, Seeds seeds, Listeners listeners,
                spdlog::logger& diagnostics);

  /// What was decided, or why there is nobody to decide: NOT_COORDINATOR while the log cannot be written,
  /// RESOURCE_NOT_FOUND for who is not served.
  template <class Decided>
  using Done = Callback<void(tl::expected<Decided, ErrorCode>)>;
  /// `none` when it is durable.
  using DoneWhenDurable = Callback<void(ErrorCode)>;

  /// Replays the log. Records that are not understood are stepped over and said.
  [[nodiscard]] Result<void> load();

  /// Delivers to `home` from now on, by these rules, also if it did before: then what can be handed out is to be told
  /// again, for the filter may be another one. What nothing is known of begins at `begin`. `breaker` is told how
  /// hand-outs end; null: nobody wants to know.
  void serve(const delivery::Home& home, delivery::PolicyPtr policy, Offset begin, DoneWhenDurable done,
             std::shared_ptr<DeliveryBreaker> breaker = nullptr);
  /// Delivers no longer, and forgets everything.
  void forget(const delivery::Home& home, DoneWhenDurable done);

  /// All of that subscription that something is known of, served or not; nothing while the log cannot be read.
  [[nodiscard]] std::optional<std::vector<delivery::Home>> homes_of(const std::string& subscription) const;

  /// Runs `decide(machine, now)` under the lock; its result is Effects, or has them as a member, and comes without
  /// them.
  template <class Decided, class Decide>
  void ask(const delivery::Home& home, Decide&& decide, Done<Decided> done) {
    Answers due;
    state_.with([&](State& state) {
      Entry* entry = find(state, home);
      if (entry == nullptr || !entry->machine) {
        const auto why = entry == nullptr ? nobody : gone;
        due.push_back({[done = std::move(done)](ErrorCode error) mutable { done(tl::unexpected(error)); }, why});
        return;
      }
      const auto now = clock_.now();
      Decided decided = decide(*entry->machine, now);
      auto effects = std::exchange(effects_in(decided), {});
      DoneWhenDurable answer = [done = std::move(done), decided = std::move(decided)](ErrorCode error) mutable {
        if (error != ErrorCode::none) return done(tl::unexpected(error));
        done(std::move(decided));
      };
      settle(state, *entry, std::move(effects), std::move(answer), now, due);
    });
    deliver(std::move(due));
  }
  /// The same without anyone who waits.
  template <class Decide>
  void tell(const delivery::Home& home, Decide&& decide) {
    ask<delivery::Effects>(home, std::forward<Decide>(decide), [](const auto&) {});
  }
  /// look(machine) under the lock; nothing where there is no machine.
  template <class Look>
  [[nodiscard]] auto look(const delivery::Home& home, Look&& look) const {
    return state_.with(
        [&](const State& state) -> std::optional<decltype(look(*state.entries.begin()->second.machine))> {
          const auto found = state.entries.find(home);
          if (found == state.entries.end() || !found->second.is_served || !found->second.machine) return std::nullopt;
          return look(std::as_const(*found->second.machine));
        });
  }

  /// Of all machines that there have been since it is served here; nothing where nobody is.
  [[nodiscard]] std::optional<delivery::PartitionDelivery::Counts> counts(const delivery::Home& home) const;
  /// Subscriptions of which a start has moved since this was asked last, or was not known then.
  [[nodiscard]] std::set<std::string> take_moved();

  /// What is due by now: ticks of machines, or another try at loading them when their log could not be written.
  void run_timers();
  [[nodiscard]] std::optional<Instant> next_deadline() const;
  /// Everything that comes later is answered NOT_COORDINATOR.
  void stop();

 private:
  struct Entry {
    const delivery::Home* home = nullptr;  ///< its key among the entries; set with the machine
    bool is_served = false;
    delivery::PolicyPtr policy;
    std::shared_ptr<DeliveryBreaker> breaker;
    Offset begin;  ///< where it begins if nothing is known of it
    std::unique_ptr<delivery::PartitionDelivery> machine;
    bool is_known = false;
    Offset moved_to = no_offset;  ///< its start, as take_moved() knows it
    Offset log_end;               ///< after its last append: what an answer has to wait for
    std::optional<Instant> due;
    bool is_stopped = false;  ///< no more was told: there was no room
  };
  struct State {
    std::map<delivery::Home, Entry> entries;
    /// Of machines that were thrown away, of who is served still.
    std::map<delivery::Home, delivery::PartitionDelivery::Counts> counted;
    std::set<std::pair<Instant, Entry*>> due;
    std::set<std::string> moved;
    bool is_loaded = false;
    bool is_stopped = false;
    Instant load_again_at{};  ///< when it is not loaded
  };
  struct Answer {
    DoneWhenDurable done;
    ErrorCode error = ErrorCode::none;
  };
  using Answers = std::vector<Answer>;
  class Held;
  static constexpr auto gone = ErrorCode::not_coordinator;
  static constexpr auto nobody = ErrorCode::resource_not_found;

  void say_when_durable(const Entry& entry, delivery::Effects effects, Answers& into) const;
  static delivery::Effects& effects_in(delivery::Effects& decided) { return decided; }
  template <class Decided>
  static delivery::Effects& effects_in(Decided& decided) {
    return decided.effects;
  }
  [[nodiscard]] static Entry* find(State& state, const delivery::Home& home);
  [[nodiscard]] Entry& enter(State& state, const delivery::Home& home) const;
  [[nodiscard]] Result<void> replay(State& state);
  void settle(State& state, Entry& entry, delivery::Effects effects, DoneWhenDurable done, Now now, Answers& due);
  void wait_until_durable(const Entry& entry, Answers answers, Answers& due);
  [[nodiscard]] bool append(Entry& entry, const std::vector<delivery::Record>& records, Now now);
  [[nodiscard]] bool append(Entry& entry, Bytes batch, Now now);
  void rearm(State& state, Entry& entry) const;
  void lose(State& state, Now now) const;
  static void deliver(Answers answers);

  std::shared_ptr<HostedPartition> partition_;
  const Clock& clock_;
  Seeds seeds_;
  std::shared_ptr<const Listeners> listeners_;  ///< shared with what waits to be durable
  spdlog::logger& diagnostics_;
  Guarded<State> state_;
};

}  // namespace millrace::runtime
