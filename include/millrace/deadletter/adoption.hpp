#pragma once
// Dead letters that others have written: Kafka's share groups, Connect and Streams, Spring, Knative. Which family it
// is, where the record came from and why it died, as far as its marks tell.
//
// Nothing is trusted: a mark that is null, has the wrong length or is no number is not there. Values, callable from
// anywhere. The record itself is not changed or copied.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "millrace/core/bytes.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/core/time.hpp"
#include "millrace/record/record.hpp"

namespace millrace::deadletter {

enum class Family : std::uint8_t {
  millrace,       ///< letter.hpp reads all of it
  kafka_share,    ///< KIP-1191: __dlq.errors.*
  kafka_connect,  ///< __connect.errors.*
  kafka_streams,  ///< KIP-1034: __streams.errors.*
  spring,         ///< kafka_dlt-*
  spring_retry,   ///< retry topics and what becomes of them: kafka_original-*, kafka_exception-*, retry_topic-*
  knative,        ///< the attributes knativeerrordest, knativeerrorcode, knativeerrordata
};

/// As in "kafka-share".
[[nodiscard]] std::string_view name_of(Family family) noexcept;

struct Adopted {
  Family family = Family::millrace;
  std::optional<std::string> topic;
  std::optional<PartitionIndex> partition;
  std::optional<Offset> offset;
  std::optional<Timestamp> timestamp;  ///< of the record where it came from; only Spring tells
  std::optional<std::string> group;
  std::optional<std::uint32_t> attempts;
  std::string destination;  ///< the URL of the sink; empty: not known
  std::string exception;    ///< the class that was thrown, its cause where there is one; a status code of Knative's
  std::string reason;       ///< for people: one line, at most message_bytes_max; may be empty
  bool operator==(const Adopted&) const = default;
};

/// Nothing for a record without marks. With marks of several families the last one in the record says which it is: each
/// adds its own behind what is there. The value is read only when no header is a mark, for Knative's attributes in it.
[[nodiscard]] std::optional<Adopted> recognise(std::span<const record::HeaderView> headers,
                                               std::optional<ByteView> value);

}  // namespace millrace::deadletter
