#pragma once
// Reading a segment with suspicion: which batches are whole, in order and of the right epoch, and where they are not.
//
// A batch is believed when its magic, length and CRC are right, its base offset is exactly the expected one and its
// leader epoch is the one that the epochs say: together these cover every byte of it. Nothing is allocated by a length
// that is read here; the CRC is computed through a window. Pure but for reading the file.

#include <optional>
#include <string>
#include <vector>

#include "caches.hpp"
#include "epochs.hpp"
#include "millrace/log/recovery.hpp"
#include "window.hpp"

namespace millrace::log {

/// Bytes [begin, end) hold whole, contiguous, verified batches with the offsets [first, next).
struct Run {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  Offset first;
  Offset next;
};

struct Judgement {
  std::optional<record::BatchHeader> batch;  ///< set when it is believed
  std::string reason;                        ///< why not, otherwise
};

/// The batch at `position`, which should begin at `expected`. A failure is a failure to read.
[[nodiscard]] Result<Judgement> judge(Window& window, std::uint64_t position, Offset expected, const Epochs& epochs);

/// Where believable batches go on behind the damage at `position`: first where the damaged header itself points, as
/// most rot hits records and not headers, then byte by byte. Nothing when there are none that begin behind `expected`
/// and end at or before `below`.
[[nodiscard]] Result<std::optional<std::uint64_t>> resync(Window& window, std::uint64_t position, Offset expected,
                                                          std::optional<Offset> below, const Epochs& epochs);

inline constexpr std::uint64_t torn_bytes_max = std::uint64_t{16} << 20;  ///< of a torn tail, kept aside

/// Is everything zero from `position` on, as in blocks that were reserved and never written? Gives the end of what is
/// not, or `position`. Looks no further than `limit`.
[[nodiscard]] Result<std::uint64_t> end_of_nonzero(Window& window, std::uint64_t position, std::uint64_t limit);

struct ScanRequest {
  const disk::File& file;
  std::string name;            ///< of the file, for the report
  Offset base;                 ///< of the segment
  std::uint64_t begin = 0;     ///< where to start; a batch begins there
  std::uint64_t end = 0;       ///< of the bytes there are
  Offset expected;             ///< offset at `begin`
  Offset durable;              ///< damage below it is rot and is stepped over; at or above it the scan stops
  std::optional<Offset> next;  ///< base of the segment after it, when there is one
  std::int32_t index_interval_bytes = 4096;
};

struct Scanned {
  Caches caches;
  std::vector<Run> runs;
  std::vector<DamagedRange> holes;
  std::uint64_t position = 0;  ///< where data ends, or where the torn tail begins
  Offset next;                 ///< the offset after the last one accounted for, served or damaged
  bool has_control = false;    ///< a control batch was among them
  bool torn = false;           ///< stopped at damage that nobody was told about
  bool ends_in_hole = false;   ///< nothing can be appended behind `position`
  std::uint64_t torn_end = 0;  ///< end of the bytes worth keeping aside
  std::uint64_t scanned_bytes = 0;
};

/// `epochs`: nothing to be learned when the epoch file is trusted; otherwise epochs found in ascending order are added.
[[nodiscard]] Result<Scanned> scan(const ScanRequest& request, Epochs& epochs, bool learn_epochs);

}  // namespace millrace::log
