#pragma once
// How many descriptors the logs hold. Files are opened when they are needed; who was not used for a while lets go of
// its own, and when there are too many of them those go first whose partition was not used since the last look.
//
// Shared: any thread. make_room() is called before a partition is used, without any lock held, and costs one load
// unless there are too many. What is not flushed yet stays open: a failed write-back must be told to the descriptor
// that wrote. Such partitions are flushed, so that they can let go soon.

#include <atomic>
#include <functional>
#include <mutex>
#include <vector>

#include "millrace/runtime/hosted_partition.hpp"

namespace millrace::runtime {

class OpenFiles {
 public:
  using Partitions = std::vector<std::shared_ptr<HostedPartition>>;

  /// `partitions` gives all there are; `disk` counts. Both must outlive it.
  OpenFiles(const disk::Disk& disk, std::size_t most, std::function<Partitions()> partitions)
      : disk_(disk), most_(most), partitions_(std::move(partitions)) {}

  void make_room() {
    if (disk_.open_files() >= try_at_.load(std::memory_order_relaxed)) close_some();
  }
  /// Lets go of the files of every partition that was not used since the last call.
  void close_idle();

 private:
  void close_some();

  const disk::Disk& disk_;
  const std::size_t most_;
  std::function<Partitions()> partitions_;
  /// Where close_some() is due: at `most`, or a little above what it could not bring down, for it looks at everything.
  std::atomic<std::size_t> try_at_{most_};
  std::mutex mutex_;
  std::size_t next_ = 0;  ///< the partition to look at first
};

}  // namespace millrace::runtime
