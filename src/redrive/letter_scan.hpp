#pragma once
// Records of a partition, read from disk, and letters found among them. Reads and inflates, so not for network threads;
// otherwise any thread.

#include <functional>
#include <set>
#include <string>

#include "letter_states.hpp"
#include "millrace/deadletter/letter.hpp"
#include "millrace/record/record.hpp"
#include "millrace/redrive/letters.hpp"
#include "millrace/runtime/broker_runtime.hpp"

namespace millrace::redrive {

/// A record in its log. Borrows.
struct Stored {
  Offset offset;
  Timestamp timestamp = no_timestamp;
  const record::RecordView& view;
};

struct Walk {
  Offset next;             ///< where to go on
  std::size_t bytes = 0;   ///< that were read
  bool is_enough = false;  ///< `each` said so, and the record at `next` was not looked at, or there is no budget left
};
/// Calls `each` with the records in [from, until) until it returns false, or about `bytes_max` were read. Errc::io and
/// Errc::corrupt: what lies at `next` cannot be read.
[[nodiscard]] Result<Walk> walk_records(runtime::BrokerRuntime& broker, runtime::HostedPartition& partition,
                                        Offset from, Offset until, std::size_t bytes_max,
                                        const std::function<bool(const Stored&)>& each);

/// What readers may see.
struct Extent {
  Offset start;
  Offset end;
};
[[nodiscard]] Extent extent_of(runtime::HostedPartition& partition);

/// A copy with its own bytes.
[[nodiscard]] deadletter::Record copy_of(const Stored& stored);

/// Nothing: it is not in the log, and will not be.
[[nodiscard]] Result<std::optional<deadletter::Record>> read_record(runtime::BrokerRuntime& broker,
                                                                    runtime::HostedPartition& partition, Offset offset);

/// Whether the record at the place where one died is that which died. A topic that stamps its own times has others.
[[nodiscard]] bool is_same(const deadletter::Record& died, const deadletter::Record& stored);

/// Where the letter of that name lies, at or after `from`. Nothing: nowhere there.
[[nodiscard]] Result<std::optional<Offset>> find_letter(runtime::BrokerRuntime& broker,
                                                        runtime::HostedPartition& partition, Offset from,
                                                        const std::string& id);

/// Letters as they are found. Those of other families count with an `adoption`.
class LetterReader {
 public:
  LetterReader(std::string topic, std::optional<Letters::Adoption> adoption)
      : topic_(std::move(topic)), adoption_(std::move(adoption)) {}
  /// Nothing for a record that is no letter. The state is left open.
  [[nodiscard]] std::optional<Found> read(PartitionIndex partition, const Stored& stored) const;

 private:
  std::string topic_;
  std::optional<Letters::Adoption> adoption_;
};

/// A selection, asked of one letter after the other. Owned.
class Selecting {
 public:
  explicit Selecting(const Selection& selection)
      : selection_(selection), ids_(selection.ids.begin(), selection.ids.end()) {}
  [[nodiscard]] bool takes(LetterState state) const { return !selection_.state || *selection_.state == state; }
  /// But for `where`, which is asked of the event.
  [[nodiscard]] bool takes_facts(const Found& found) const;
  [[nodiscard]] bool takes(const Found& found);

 private:
  [[nodiscard]] bool passes(const deadletter::Record& original);

  const Selection& selection_;
  std::set<std::string, std::less<>> ids_;
  filter::Scratch scratch_;
};

}  // namespace millrace::redrive
