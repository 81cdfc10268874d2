#pragma once
// What should happen, as data: the only thing that a coordinator gives back.
//
// The engine appends the records to the coordinator's partition in their order, and hands out a reply only when every
// record appended so far is durable. A reply may answer an earlier request: a parked join is a ticket, nothing else.
// Each ticket is answered exactly once, unless the coordinator is thrown away first (coordinator.hpp). Values.

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "millrace/core/bytes.hpp"
#include "millrace/core/time.hpp"
#include "millrace/groups/messages.hpp"

namespace millrace::groups {

/// Names one request that waits for its answer. Opaque; the engine must not use one twice.
enum class Ticket : std::uint64_t {};

struct Reply {
  Ticket to{};
  AnyReply answer;
  bool operator==(const Reply&) const = default;
};

/// One record of __consumer_offsets, in Kafka's layout (group_records.hpp).
struct LogRecord {
  Bytes key;
  std::optional<Bytes> value;  ///< unset: a tombstone
  Timestamp timestamp = no_timestamp;
  bool operator==(const LogRecord&) const = default;
};

struct Effects {
  std::vector<Reply> replies;
  std::vector<LogRecord> records;
};

}  // namespace millrace::groups
