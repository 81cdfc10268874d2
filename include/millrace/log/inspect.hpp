#pragma once
// Judging the files of one log that nobody has open: is every batch whole and in its place, and do indexes and seals
// say what the batches say. It reads and changes nothing; mending is what Log::open() does (docs/formats/segment.md).
//
// Damage ends nothing: what can be read behind it is judged as well. Of an index only the first entry that is wrong is
// told, as it is made anew as a whole. Owned by its caller; time and memory are those of reading a segment's indexes.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "millrace/disk/disk.hpp"
#include "millrace/log/recovery.hpp"

namespace millrace::log {

struct Fault {
  std::string file;  ///< its path from the root of the disk
  std::uint64_t position = 0;
  std::string what;
};

struct Inspection {
  std::uint64_t segments = 0;
  std::uint64_t batches = 0;
  std::uint64_t records = 0;
  Offset next;  ///< behind the last batch
  std::vector<Fault> faults;
};

/// How many bytes of `.log` files lie in `directory`: what inspect() will read.
[[nodiscard]] Result<std::uint64_t> batch_bytes(disk::Disk& disk, const std::string& directory);

/// `known` is what the checkpoint says of this log. `seen` is told of every so many bytes that were read. A failure is
/// one to read at all.
[[nodiscard]] Result<Inspection> inspect(disk::Disk& disk, const std::string& directory,
                                         const std::optional<Checkpoint>& known,
                                         const std::function<void(std::uint64_t bytes)>& seen);

}  // namespace millrace::log
