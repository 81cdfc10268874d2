#pragma once
// Single events by their offsets, each as it is told in JSON. Reads a log and inflates, so not for network threads.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "event_scan.hpp"
#include "millrace/runtime/broker_runtime.hpp"
#include "millrace/runtime/records_at.hpp"

namespace millrace::http::routes {

struct LookedUp {
  runtime::RecordFate fate = runtime::RecordFate::left;
  ReadEvent read{};    ///< of what was found
  std::string text{};  ///< likewise: json_text_of()
};

struct LookedUpEvents {
  std::vector<LookedUp> events;    ///< one for each offset
  std::optional<Error> trouble{};  ///< why the first is unreadable, or gone by damage
  Offset troubled = no_offset;     ///< which that is
};

/// Those at `offsets`, which ascend. As many as fit into `room`, which loses their bytes; the first is always
/// read when `must_have_one`.
[[nodiscard]] LookedUpEvents look_up_events(runtime::BrokerRuntime& broker, const runtime::HostedTopic& topic,
                                            PartitionIndex partition, std::span<const Offset> offsets,
                                            std::size_t& room, bool must_have_one);

/// The same of a record that is at hand, as if its topic had it there.
[[nodiscard]] LookedUp looked_up(const runtime::HostedTopic& topic, PartitionIndex partition, Offset offset,
                                 const record::NewRecord& record);

}  // namespace millrace::http::routes
