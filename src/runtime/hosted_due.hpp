#pragma once
// When what was appended to a partition has to be flushed, and who is woken by it.

#include "millrace/runtime/hosted_partition.hpp"

namespace millrace::runtime {

/// How soon what was appended has to be flushed; nothing when no time is set.
inline std::optional<Milliseconds> time_to_flush(const broker::Partition& partition) {
  const auto& settings = partition.settings();
  const bool bounded = settings.durability != broker::Durability::fsync && settings.flush.ms < broker::FlushBounds{}.ms;
  return bounded && partition.durable_end() < partition.end() ? std::optional(Milliseconds{settings.flush.ms})
                                                              : std::nullopt;
}

/// Is everything below `next` to be flushed before it is answered?
inline bool must_flush(const broker::Partition& partition, Offset next) {
  const auto unflushed = next - partition.durable_end();
  const auto& settings = partition.settings();
  return unflushed > 0 && (settings.durability == broker::Durability::fsync || unflushed >= settings.flush.messages);
}

inline void wake(const std::vector<std::shared_ptr<FetchWait>>& waits, std::uint64_t bytes) {
  for (const auto& wait : waits) wait->grew(bytes);
}

}  // namespace millrace::runtime
