#pragma once
// What is asked of a partition and what it answers: the value types between the doors and broker::Partition.
//
// Values. The numbers in them are Kafka's (kafka-protocol.md §2.5, §2.6), the structs are ours: no wire version shows
// through. An answer with an error has a message for people; its offsets are -1 unless said otherwise.

#include <optional>
#include <string>
#include <vector>

#include "millrace/core/error_code.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/core/time.hpp"
#include "millrace/log/log.hpp"

namespace millrace::broker {

/// How far readers can see further than before. Nothing moved when before == after.
struct Progress {
  Offset before;
  Offset after;  ///< the high watermark now
  std::uint64_t bytes = 0;
};

struct AppendAnswer {
  ErrorCode error = ErrorCode::none;
  std::string message;
  Offset base_offset = no_offset;
  Timestamp log_append_time = no_timestamp;  ///< set only on a topic with LogAppendTime
  Offset log_start_offset = no_offset;
  bool duplicate = false;  ///< nothing was appended: this is the first copy's answer
  /// Under Durability::fsync the answer leaves when durable_end() >= next, also that of a duplicate.
  Offset next = no_offset;
  Progress visible;  ///< moves here under interval and os; under fsync in flushed()
  /// Of each record that repeats an event, where its first copy is, and -1 for the others; empty when none does. Where
  /// all do, base_offset is that of the first one.
  std::vector<Offset> first_copies;
  /// Nothing was done: an event of the batch was stored meanwhile, so find its repeats again.
  bool is_outdated = false;
};

/// What is counted of repeated events.
struct EventFigures {
  bool is_looking = false;            ///< the topic has a window
  std::uint64_t repeated = 0;         ///< that were not stored again, since open()
  std::uint64_t remembered = 0;       ///< now
  std::uint64_t forgotten_early = 0;  ///< for want of room, since open()
};

enum class Isolation : std::int8_t { read_uncommitted = 0, read_committed = 1 };

struct FetchSpec {
  Offset offset;
  std::size_t max_bytes = 0;
  LeaderEpoch current_leader_epoch = -1;  ///< -1: not checked
  LeaderEpoch last_fetched_epoch = -1;    ///< of the record before `offset`; -1: not checked
  Isolation isolation = Isolation::read_uncommitted;
  bool at_least_one = false;  ///< the first batch comes even if it is larger than max_bytes (KIP-74)
  bool for_follower = false;  ///< reads up to the log end
};

struct AbortedProducer {
  ProducerId producer_id = -1;
  Offset first_offset;
};

/// Where an epoch ended; (-1, -1) when nothing is known of it.
struct EpochEnd {
  LeaderEpoch epoch = -1;
  Offset end_offset = no_offset;
};

struct FetchAnswer {
  ErrorCode error = ErrorCode::none;
  std::string message;
  Offset high_watermark = no_offset;
  Offset last_stable_offset = no_offset;
  Offset log_start_offset = no_offset;
  std::optional<EpochEnd> diverging;                    ///< what the reader read beyond this is not in this log
  log::Slice slice;                                     ///< null file: nothing there yet, or an error
  std::optional<std::vector<AbortedProducer>> aborted;  ///< ascending; nothing under read_uncommitted
};

struct ListSpec {
  Timestamp timestamp = -1;  ///< -1 latest, -2 and -4 earliest, -3 of the largest timestamp, >= 0 first at or after it
  Isolation isolation = Isolation::read_uncommitted;
  LeaderEpoch current_leader_epoch = -1;
};

struct ListAnswer {
  ErrorCode error = ErrorCode::none;
  std::string message;
  Offset offset = no_offset;
  Timestamp timestamp = no_timestamp;
  LeaderEpoch leader_epoch = -1;
};

struct EpochAnswer {
  ErrorCode error = ErrorCode::none;
  LeaderEpoch epoch = -1;
  Offset end_offset = no_offset;
};

struct DeleteRecordsAnswer {
  ErrorCode error = ErrorCode::none;
  std::string message;
  Offset low_watermark = no_offset;  ///< log start afterwards; the checkpoint is made durable before it is told
};

}  // namespace millrace::broker
