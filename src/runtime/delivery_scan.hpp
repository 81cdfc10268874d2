#pragma once
// What part of a log holds for one subscription: the events that pass its filter, as delivery knows them. Reads and
// inflates, so it is not for network threads; otherwise callable from anywhere.

#include <cstddef>
#include <optional>
#include <vector>

#include "millrace/delivery/event.hpp"
#include "millrace/log/log.hpp"
#include "millrace/runtime/delivery_runtime.hpp"

namespace millrace::runtime {

struct DeliveryScan {
  std::vector<delivery::Event> events;
  Offset until;  ///< there are no others below
};

/// From `from` on, below `to`, so many at most. Errc::io or Errc::corrupt when the slice cannot be read; what lies in
/// front of the damage is not given either.
[[nodiscard]] Result<DeliveryScan> scan_for_delivery(const log::Slice& slice, PartitionIndex partition, Offset from,
                                                     std::optional<Offset> to, std::size_t events_max,
                                                     const TakesRecord& takes);

}  // namespace millrace::runtime
