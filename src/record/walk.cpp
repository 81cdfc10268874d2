#include "walk.hpp"

#include <algorithm>
#include <limits>

#include "record_parser.hpp"

namespace millrace::record {

namespace {

struct Period {
  Timestamp earliest;
  Timestamp latest;
};

/// Limits as wide as the type mean "no limit", so the ends stop at the type's ends.
Period allowed_period(const Rules& rules, Timestamp wall_now) {
  Period period{};
  if (__builtin_sub_overflow(wall_now, rules.timestamp_before_max_ms, &period.earliest)) {
    period.earliest = std::numeric_limits<Timestamp>::min();
  }
  if (__builtin_add_overflow(wall_now, rules.timestamp_after_max_ms, &period.latest)) {
    period.latest = std::numeric_limits<Timestamp>::max();
  }
  return period;
}

[[gnu::cold]] void blame(Walk& walk, ErrorCode error, std::int32_t index, std::string message) {
  // Kafka's precedence when records fail for different reasons: one bad timestamp names the whole answer.
  if (walk.error != ErrorCode::invalid_timestamp) walk.error = error;
  walk.faults.push_back({.index = index, .message = std::move(message)});
}

[[gnu::cold]] void blame_timestamp(Walk& walk, std::int32_t index, Timestamp timestamp, const Period& period) {
  blame(walk, ErrorCode::invalid_timestamp, index,
        "timestamp is " + std::to_string(timestamp) + ", must be from " + std::to_string(period.earliest) + " to " +
            std::to_string(period.latest) + ", or -1 for none");
}

[[gnu::cold]] void blame_overflow(Walk& walk, std::int32_t index, Timestamp base, std::int64_t delta) {
  blame(walk, ErrorCode::invalid_timestamp, index,
        "timestamp delta is " + std::to_string(delta) + ", must not lead from base_timestamp " + std::to_string(base) +
            " beyond 64 bits");
}

[[gnu::cold]] void take_broken(Walk& walk, const Rules& rules, std::int32_t index, std::string broken) {
  if (rules.puts_aside && walk.aside.size() < aside_max) {
    walk.aside.push_back({.index = index, .message = std::move(broken)});
    return;
  }
  if (rules.puts_aside) broken += "; no more than " + std::to_string(aside_max) + " records of a batch are put aside";
  blame(walk, ErrorCode::invalid_record, index, std::move(broken));
}

void check_timestamp(Walk& walk, std::int32_t index, const BatchHeader& header, const RecordView& record,
                     const Period& period) {
  Timestamp timestamp = 0;
  if (__builtin_add_overflow(header.base_timestamp, record.timestamp_delta, &timestamp)) {
    return blame_overflow(walk, index, header.base_timestamp, record.timestamp_delta);
  }
  walk.max_timestamp = std::max(walk.max_timestamp, timestamp);
  if (timestamp < period.earliest || timestamp > period.latest) {
    if (timestamp != no_timestamp) blame_timestamp(walk, index, timestamp, period);
  }
}

}  // namespace

Walk walk(const BatchHeader& header, ByteView records, const Rules& rules, Timestamp wall_now) {
  Walk walk;
  const auto period = allowed_period(rules, wall_now);
  const bool create_time = rules.timestamp_type == TimestampType::create_time;
  const auto* at = records.data();
  const auto* const end = at + records.size();
  RecordView record;
  for (std::int32_t index = 0; index < header.record_count; ++index) {
    Defect defect;
    if (!parse_record(at, end, record, defect)) {
      blame(walk, ErrorCode::invalid_record, index, describe(defect));
      walk.error = ErrorCode::invalid_record;
      return walk;
    }
    walk.offsets_in_order = walk.offsets_in_order && record.offset_delta == index;
    if (rules.keys_required && !record.key) {
      blame(walk, ErrorCode::invalid_record, index, "key is null, a compacted topic keeps only records with a key");
    } else if (create_time) {
      check_timestamp(walk, index, header, record, period);
    }
    if (rules.rule != nullptr) {
      if (auto broken = rules.rule(record)) take_broken(walk, rules, index, *std::move(broken));
    }
    if (walk.faults.size() >= faults_max) return walk;
  }
  if (at != end) {
    walk.error = ErrorCode::invalid_record;
    walk.unindexed = "record_count is " + std::to_string(header.record_count) + ", " + std::to_string(end - at) +
                     " bytes are left behind the last record";
  }
  return walk;
}

}  // namespace millrace::record
