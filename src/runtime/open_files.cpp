#include "open_files.hpp"

#include <algorithm>

namespace millrace::runtime {

void OpenFiles::close_idle() {
  try_at_ = most_;
  for (const auto& partition : partitions_()) {
    if (!partition->take_used()) partition->let_go_of_files();
  }
}

void OpenFiles::close_some() {
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock) return;  // somebody is at it
  const auto enough = most_ - most_ / 4;
  const auto all = partitions_();
  // Twice around: who was used since the last time gets a second chance, and only one.
  for (std::size_t i = 0; i < 2 * all.size() && disk_.open_files() > enough; ++i) {
    auto& partition = *all[next_++ % all.size()];
    if (i < all.size() && partition.take_used()) continue;
    if (!partition.let_go_of_files()) partition.request_flush();
  }
  try_at_ = std::max(most_, disk_.open_files() + most_ / 8 + 1);
}

}  // namespace millrace::runtime
