#pragma once
// The records of a log at given offsets: for who has been handed out those and no others, and has to say of each what
// became of it.
//
// It reads the disk and inflates, so it is not for network threads. Any other thread.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "millrace/record/builder.hpp"
#include "millrace/record/record.hpp"
#include "millrace/runtime/broker_runtime.hpp"

namespace millrace::runtime {

enum class RecordFate : std::uint8_t {
  found,
  gone,        ///< the log does not have it any more: it was deleted, compacted away, or is damaged
  unreadable,  ///< it cannot be read now
  left,        ///< it was not looked for, or not taken
};

/// Takes what lies at the offset with that index; the view is good until it returns. False: there is no room for it,
/// and nothing further is read.
using TakeRecord = std::function<bool(std::size_t which, Offset at, Timestamp time, const record::RecordView& view)>;

struct RecordsAt {
  std::vector<RecordFate> fates;   ///< of each offset, in their order
  std::optional<Error> trouble{};  ///< why the first is unreadable, or gone by damage
  std::size_t troubled = 0;        ///< which that is
};

/// `offsets` are ascending, and so `take` is called. What cannot be read is stepped over; when the disk does not
/// answer, so is all behind it.
[[nodiscard]] RecordsAt records_at(BrokerRuntime& broker, HostedPartition& partition, std::span<const Offset> offsets,
                                   const TakeRecord& take);

/// The same of a record that is at hand, as if it lay at that offset.
[[nodiscard]] RecordFate record_at_hand(const record::NewRecord& record, Offset at, const TakeRecord& take);

/// Keeps copies in `into`, which outlives it, of up to `bytes_max` bytes of keys, values and headers. The first record
/// always has room.
[[nodiscard]] TakeRecord copies_to(std::vector<record::OwnedRecord>& into, std::size_t bytes_max);

}  // namespace millrace::runtime
