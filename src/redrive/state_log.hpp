#pragma once
// The states of all letters, in memory and in `__millrace_letters`. Reading: any thread. Changing waits until it is
// durable, so it is for one thread that may wait.

#include <map>
#include <memory>
#include <vector>

#include "letter_states.hpp"
#include "millrace/runtime/broker_runtime.hpp"
#include "millrace/runtime/guarded.hpp"

namespace millrace::redrive {

class StateLog {
 public:
  explicit StateLog(runtime::BrokerRuntime& broker) : broker_(broker) {}

  /// Makes the topic if there is none and replays it. Records that are not understood are stepped over and said.
  [[nodiscard]] Result<void> open(spdlog::logger& diagnostics);

  [[nodiscard]] LetterState of(const LettersOf& where, Offset letter) const;
  [[nodiscard]] StateCounts counts(const LettersOf& where, Offset start) const;
  /// A copy, for a walk.
  [[nodiscard]] LetterStates states(const LettersOf& where) const;
  /// The first letter in [start, end) that is open.
  [[nodiscard]] std::optional<Offset> first_open(const LettersOf& where, Offset start, Offset end) const;
  struct Letter {
    LettersOf where;
    Offset offset;
    auto operator<=>(const Letter&) const = default;
  };
  [[nodiscard]] std::vector<Letter> in(LetterState state) const;

  /// Those that are in `from`, and were changed, durably. Errc::io: nothing was changed, or it is not known to last.
  [[nodiscard]] Result<std::vector<Letter>> change(const std::vector<Letter>& letters, LetterState from,
                                                   LetterState to);
  /// Forgets what lies below the start of its partition, and topics that there are no longer.
  void sweep();

 private:
  [[nodiscard]] Result<void> replay(spdlog::logger& diagnostics);
  /// Durable when it returns without a failure.
  [[nodiscard]] Result<void> append(const std::vector<StateRecord>& records);
  void put(const StateRecord& record);

  runtime::BrokerRuntime& broker_;
  std::shared_ptr<runtime::HostedPartition> log_;
  runtime::Guarded<std::map<LettersOf, LetterStates>> states_;
};

}  // namespace millrace::redrive
