#pragma once
// Events → records of a topic, as its configurations have it (docs/cloudevents.md): mode, key, timestamp, partition.
// Pure.

#include "event_input.hpp"
#include "millrace/broker/topic_config.hpp"
#include "millrace/cloudevents/kafka.hpp"
#include "millrace/core/bytes.hpp"

namespace millrace::http::routes {

struct EventRecord {
  cloudevents::StoredEvent stored;
  std::optional<std::string> key;
  Timestamp timestamp = 0;
};

/// The record of the event at `index`. `key` is the request's own and beats the topic's mapper; `now` is the arrival.
[[nodiscard]] EventRecord record_of(const EventInput& input, std::size_t index, const broker::TopicSettings& settings,
                                    const std::optional<std::string>& key, Timestamp now);

/// The bytes of the record alone in a batch: exact where they may be more than `most`, else an upper bound.
[[nodiscard]] std::size_t batch_bytes_of(const EventRecord& record, std::size_t most);

/// Records of one partition → the batch that a producer would send.
[[nodiscard]] Bytes batch_of(std::span<const EventRecord* const> records);

}  // namespace millrace::http::routes
