#pragma once
// Letters → records of their topics, durable when it returns. Owned by a thread that may wait.

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "letter_scan.hpp"
#include "linked_records.hpp"
#include "millrace/redrive/letters.hpp"

namespace millrace::redrive {

struct ToWrite {
  delivery::Home home;  ///< its subscription is the group
  delivery::DeadLetter dead;
  Target target;
};
struct Written {
  LetterPlace place;
  Uuid topic;
  bool was_there = false;     ///< since before a crash
  bool is_of_notice = false;  ///< what died is a notice of this broker
};

class LetterWriter {
 public:
  /// What an older letter says, if it is being redriven.
  using Redriving = std::function<std::optional<deadletter::Read>(const delivery::Home&, Offset)>;
  struct Link {
    Source source;
    Offset record;
    LettersOf where;
    Offset letter;
  };
  /// So that no record goes that a link points to.
  struct Linking {
    std::function<void(const Source&, Offset record)> begins;  ///< before the record is read
    std::function<void(const Link&)> written;
  };
  LetterWriter(runtime::BrokerRuntime& broker, Redriving redriving, Linking linking)
      : broker_(broker), redriving_(std::move(redriving)), linking_(std::move(linking)) {}

  void on_written(std::function<void(const NewLetter&)> listener) { on_written_ = std::move(listener); }

  /// One answer for each, in their order. Those of one partition go in one batch, or in few.
  [[nodiscard]] std::vector<Result<Written>> write(const std::vector<ToWrite>& letters);

  /// The batch of one letter, as its topic takes it. Errc::too_large.
  [[nodiscard]] static Result<Bytes> batch_of(deadletter::Letter letter, deadletter::Record original,
                                              const Target& target, runtime::HostedTopicPtr topic);
  /// Where it lies then. Errc::io: it is not known whether it does.
  [[nodiscard]] Result<Offset> append(const runtime::HostedTopic& topic, PartitionIndex partition, Bytes batch);

 private:
  struct Prepared {
    std::size_t which = 0;
    Source source;
    deadletter::Letter letter;
    deadletter::Record original;
    const Target* target = nullptr;  ///< of who asked
    deadletter::Record record{};
    std::size_t bytes = 0;  ///< in a batch, or somewhat less
  };
  struct To {
    runtime::HostedTopicPtr topic;
    PartitionIndex partition = 0;
    std::vector<Prepared> letters{};
  };
  using Round = std::map<std::pair<std::string, PartitionIndex>, To>;
  struct Batch {
    const To* to = nullptr;
    std::vector<const Prepared*> letters;
    Bytes bytes;
  };
  using Results = std::vector<Result<Written>>;

  /// Nothing: it is there already, or cannot be written, which `result` says.
  [[nodiscard]] std::optional<Prepared> prepare(const ToWrite& what, To& to, Result<Written>& result);
  [[nodiscard]] Result<deadletter::Record> original_of(const ToWrite& what, runtime::HostedPartition& source,
                                                       deadletter::Letter& letter) const;
  void store(Round round, Results& results);
  /// Those that fit into one batch together.
  [[nodiscard]] static std::vector<Batch> batches_of(To& to, Results& results);
  [[nodiscard]] static Result<Bytes> alone(Prepared& letter, const To& to);
  void produce(std::vector<Batch> batches, Timestamp began, Results& results);

  runtime::BrokerRuntime& broker_;
  Redriving redriving_;
  Linking linking_;
  std::function<void(const NewLetter&)> on_written_;
};

}  // namespace millrace::redrive
