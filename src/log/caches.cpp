#include "caches.hpp"

#include <limits>

namespace millrace::log {

namespace {

constexpr std::int64_t index_max = std::numeric_limits<std::int32_t>::max();

}  // namespace

void Caches::add(const record::BatchHeader& batch, std::uint64_t position, Offset base, std::int32_t interval_bytes) {
  if (batch.record_count > 0 && batch.max_timestamp > max_timestamp) {
    max_timestamp = batch.max_timestamp;
    max_timestamp_offset = batch.last_offset();
  }
  const std::int64_t relative = batch.last_offset() - base;
  const bool fits = relative <= index_max && position <= static_cast<std::uint64_t>(index_max);
  if (bytes_since_entry > static_cast<std::uint64_t>(interval_bytes) && fits) {
    offsets.append({static_cast<std::int32_t>(relative), static_cast<std::int32_t>(position)});
    finish(base);
    bytes_since_entry = 0;
  }
  bytes_since_entry += static_cast<std::uint64_t>(batch.size());
}

void Caches::finish(Offset base) {
  if (max_timestamp == no_timestamp) return;
  const std::int64_t relative = max_timestamp_offset - base;
  if (relative <= index_max) times.append_if_newer({max_timestamp, static_cast<std::int32_t>(relative)});
}

void Caches::prepend(Caches earlier) {
  offsets.prepend(std::move(earlier.offsets));
  times.prepend(std::move(earlier.times));
  if (earlier.max_timestamp >= max_timestamp) {
    max_timestamp = earlier.max_timestamp;
    max_timestamp_offset = earlier.max_timestamp_offset;
  }
}

}  // namespace millrace::log
