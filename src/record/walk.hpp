#pragma once
// The part of validate() that looks at each record: structure, key, timestamp and offset delta, in one pass that
// allocates nothing as long as nothing is wrong.

#include <optional>
#include <string>
#include <vector>

#include "millrace/record/validate.hpp"

namespace millrace::record {

struct Walk {
  Timestamp max_timestamp = no_timestamp;  ///< of the records that carry one
  bool offsets_in_order = true;            ///< the deltas are 0, 1, 2, …
  ErrorCode error = ErrorCode::none;
  std::vector<RecordFault> faults;  ///< at most faults_max
  std::vector<RecordFault> aside;   ///< at most aside_max
  std::string unindexed;            ///< a fault of the section that no record can be blamed for
};

/// `records` is the plain section of a batch with a checked header.
[[nodiscard]] Walk walk(const BatchHeader& header, ByteView records, const Rules& rules, Timestamp wall_now);

}  // namespace millrace::record
