#pragma once
// Events in Kafka records: ce_ headers beside the data (binary), or the event as the value, in JSON or in protobuf
// (structured) (Kafka Protocol Binding 1.0.2; rows KAF-1 to KAF-13). Nothing is percent-encoded here. Pure.
//
// Reading is lenient: any letter case of `content-type` and `ce_`; ce_ headers that are null, or whose name no
// attribute can have, are passed over; so is ce_datacontenttype beside a content-type; the last of equal headers
// counts. A null value and an empty one are both no data. Attributes that are there obey the rules, or there is no
// event.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "millrace/cloudevents/event.hpp"
#include "millrace/cloudevents/fault.hpp"
#include "millrace/record/record.hpp"

namespace millrace::cloudevents {

enum class Storage : std::uint8_t { binary, structured, protobuf };

/// What is to be written; key and timestamp are its writer's affair (KAF-8 to KAF-10).
struct StoredEvent {
  std::vector<std::pair<std::string, std::optional<std::string>>> headers{};  ///< none is ever null
  std::optional<std::string> value{};                                         ///< null: no data, in binary mode only
};

/// Binary: content-type if there is one, ce_specversion, ce_id, ce_source, ce_type, then the other attributes in their
/// order. Structured: content-type application/cloudevents+json alone, and to_json(). Protobuf: application/
/// cloudevents+protobuf, and to_protobuf(). To keep what came from a sender byte for byte, put it into `value` instead.
[[nodiscard]] StoredEvent to_record(const Event& event, Storage storage);

/// Whether a value without a content-type, or with a JSON one, and without ce_ headers may be a structured event: an
/// object with the four required members as strings. Old Python clients write such records. Off unless a topic asks
/// (D4).
enum class Unmarked : std::uint8_t { refused, recognised };

/// Problem::not_a_cloudevent when the record is none in either mode; Problem::unsupported_event_format for a format
/// that is not known here, unless the ce_ headers make it an event in binary mode (KAF-4). Faults name headers
/// ("ce_time") or point into the value.
[[nodiscard]] Judged<Event> from_record(record::HeaderCursor headers, std::optional<ByteView> value,
                                        Unmarked unmarked = Unmarked::refused);

/// The same for headers that were taken apart already.
[[nodiscard]] Judged<Event> from_record(std::span<const record::HeaderView> headers, std::optional<ByteView> value,
                                        Unmarked unmarked = Unmarked::refused);

/// How a topic judges what producers send to it.
///
/// none                  everything passes.
/// binary_or_structured  The record is an event, read as from_record() reads: in binary mode specversion, id, source,
///                       type are there and obey the rules (CORE-2, 3, 6, 12); in structured mode the value is a JSON
///                       object of the format (JSON-1 to JSON-12), or a message of protobuf (PB-2), in which they are
///                       and do. Other attributes are not judged. A format that is not known here passes: it is stored
///                       as it is (KAF-4).
/// strict                Every attribute obeys every rule as the text has it, and nothing is forgiven: a ce_ or
///                       content-type header that is null, comes twice or is not in lower case; a name that no
///                       attribute can have; ce_datacontenttype; a relative dataschema; ce_ headers in structured mode
///                       (KAF-12, though the text allows them); a format that is not known here; a batch; an unmarked
///                       event.
enum class Validation : std::uint8_t { none, binary_or_structured, strict };

/// The first fault of a record, or nothing. A good record in binary mode costs no memory, unless it has more than 32
/// extension attributes. Any thread.
[[nodiscard]] std::optional<Fault> check_record(ByteView headers, std::int32_t header_count,
                                                std::optional<ByteView> value, Validation validation,
                                                Unmarked unmarked = Unmarked::refused);

}  // namespace millrace::cloudevents
