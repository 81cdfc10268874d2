#pragma once
// Producers in one line each, for tests: "7/0 0-2" is a batch of producer 7, epoch 0, sequences 0 to 2; a "t" behind it
// makes it transactional. Answers are lines as well: "at 0", "again at 0", or the protocol's name of the refusal.

#include <cstdio>
#include <string>

#include "millrace/broker/producer_state.hpp"

namespace millrace::broker {

inline record::BatchHeader batch_of(const std::string& line) {
  long long id = -1;
  int epoch = -1;
  int first = -1;
  int last = -1;
  char flag = ' ';
  const int read = std::sscanf(line.c_str(), "%lld/%d %d-%d %c", &id, &epoch, &first, &last, &flag);
  record::BatchHeader header;
  header.producer_id = id;
  header.producer_epoch = static_cast<ProducerEpoch>(epoch);
  header.base_sequence = first;
  header.last_offset_delta = read >= 4 ? static_cast<std::int32_t>((last - first) & INT32_MAX) : 0;
  header.record_count = header.last_offset_delta + 1;
  if (flag == 't') header.attributes = 0x10;
  return header;
}

/// A producer state and a log that holds nothing but offsets.
struct Producers {
  ProducerState state;
  Offset end;
  Instant now{};
  Timestamp newest_timestamp = no_timestamp;  ///< of every batch from here on

  explicit Producers(ProducerLimits bounds = {}) : state(bounds) {}

  std::string send(const std::string& line) {
    auto header = batch_of(line);
    const auto verdict = state.check(header);
    if (const auto* refused = std::get_if<Refused>(&verdict)) return std::string(name_of(refused->error));
    if (const auto* first = std::get_if<Duplicate>(&verdict)) {
      return "again at " + std::to_string(first->base_offset.value());
    }
    header.base_offset = end;
    header.max_timestamp = newest_timestamp;
    state.update(header, now);
    end = header.next_offset();
    return "at " + std::to_string(header.base_offset.value());
  }

  /// "7/0": the marker of whichever outcome, from a coordinator of this epoch.
  std::optional<ClosedTransaction> decide(const std::string& line, std::int32_t coordinator_epoch = 0) {
    auto header = batch_of(line);
    header.attributes = 0x30;
    header.base_offset = end;
    header.max_timestamp = newest_timestamp;
    end = end + 1;
    return state.update_marker(header, coordinator_epoch, now);
  }

  std::string first_unstable() const {
    const auto first = state.first_unstable(end);
    return first ? std::to_string(first->value()) : "none";
  }
};

}  // namespace millrace::broker
