#pragma once
// What a fetch reads of one partition of a view: it goes over the source from the offset that was asked for, keeps what
// passes, and remembers how far it came, so that a fetch which waits looks at nothing twice. Owned by its fetch. Reads
// the disk, inflates and filters, so not for network threads.

#include <algorithm>
#include <limits>

#include "memory_file.hpp"
#include "millrace/runtime/topology.hpp"

namespace millrace::runtime {

/// How much one round of a fetch may look at, of all its partitions together, in bytes that were inflated. The batch
/// that goes beyond it is finished.
inline constexpr std::size_t view_bytes_per_round = 8 * limits::MiB;

/// Where answers that their readers do not take hold so much, a round is shorter.
inline constexpr std::size_t view_bytes_held_max = 128 * limits::MiB;
inline constexpr std::size_t view_bytes_per_short_round = 64 * limits::KiB;

class ViewReading {
 public:
  /// Goes on until `enough` bytes have passed, `room` is used up, or there is no more to look at. `spec` is what a
  /// reader of the source would ask for. The answer bears no slice: that is take()'s.
  [[nodiscard]] broker::FetchAnswer read(HostedPartition& partition, const std::shared_ptr<const HostedView>& view,
                                         const broker::FetchSpec& spec, std::int64_t enough, std::size_t& room);

  /// Bytes that hold a record for the reader, and what the broker says beside them.
  [[nodiscard]] std::size_t bytes() const { return records_ == 0 ? 0 : passed_.size(); }
  [[nodiscard]] std::size_t records() const { return records_; }
  /// That was read.
  [[nodiscard]] const std::shared_ptr<const HostedView>& view() const { return view_; }
  /// Where it will go on.
  [[nodiscard]] Offset next() const { return next_; }
  /// Something was looked at.
  [[nodiscard]] bool has_moved() const { return next_ > from_; }

  /// What passed, and what leads the reader behind all that was looked at.
  [[nodiscard]] log::Slice take(MemoryFile::Held held);

 private:
  void begin(const std::shared_ptr<const HostedView>& view, Offset from);
  [[nodiscard]] Result<void> look_at(const log::Slice& slice, std::size_t& room);

  std::shared_ptr<const HostedView> view_;
  Offset from_;
  Offset next_;
  Bytes passed_;
  Offset passed_until_;  ///< where the last batch in `passed_` ends
  LeaderEpoch epoch_ = -1;
  std::size_t records_ = 0;
  std::vector<broker::AbortedProducer> aborted_;
  Bytes inflated_;
};

}  // namespace millrace::runtime
