#pragma once
// What a log must be told when it is opened, and what it says of what it found. Values; people read the report, a
// log line is made of it elsewhere. Torn tail or rot: docs/formats/segment.md, "What a crash leaves".

#include <cstdint>
#include <string>
#include <vector>

#include "millrace/core/ids.hpp"

namespace millrace::log {

/// One line of the data directory's checkpoint: about one log, and only of what is durable.
struct Checkpoint {
  Offset start;                        ///< log start offset
  Offset durable_end;                  ///< everything below was flushed: damage there is rot, not a torn tail
  Offset segment_base;                 ///< of the segment that held durable_end
  std::uint64_t segment_position = 0;  ///< of durable_end in it: scanning begins here
};

/// Offsets [first, next) cannot be served. The bytes are left where they are.
struct DamagedRange {
  Offset first;
  Offset next;
  std::string segment;  ///< file name
  std::uint64_t position = 0;
  std::string reason;
};

struct RecoveryReport {
  bool clean = false;  ///< nothing was scanned
  std::uint64_t scanned_bytes = 0;
  std::uint64_t cut_bytes = 0;         ///< torn tail, none of it acknowledged
  Offset cut_at;                       ///< log end after the cut, when cut_bytes > 0
  std::vector<DamagedRange> damaged;   ///< found below the flushed mark
  std::vector<std::string> rebuilt;    ///< index files made anew
  std::vector<std::string> set_aside;  ///< files that are not ours, moved to lost+found
};

}  // namespace millrace::log
