#pragma once
// The numbers of cloudevents.proto, of google.protobuf.Any and of Timestamp. Where the text of the format and the file
// differ, it is the file (PB-3).

#include <cstdint>

namespace millrace::cloudevents::fields {

using Number = std::uint32_t;

inline constexpr Number batch_events = 1;

inline constexpr Number id = 1, source = 2, spec_version = 3, type = 4;
inline constexpr Number attributes = 5;  ///< a map: of messages with a key and a value
inline constexpr Number binary_data = 6, text_data = 7, proto_data = 8;

inline constexpr Number map_key = 1, map_value = 2;

/// Which of its values an attribute has.
enum class Kind : Number {
  none = 0,
  boolean = 1,
  integer = 2,
  string = 3,
  bytes = 4,
  uri = 5,
  uri_reference = 6,
  timestamp = 7,
};
[[nodiscard]] constexpr Number number_of(Kind kind) noexcept { return static_cast<Number>(kind); }

inline constexpr Number timestamp_seconds = 1, timestamp_nanos = 2;
inline constexpr Number any_type_url = 1, any_value = 2;

// The number of a field and its type on the wire together, as they stand before its value: a known number with another
// type is a field that is not known, as protobuf has it, and no library may be asked for what is not there.
[[nodiscard]] constexpr std::uint32_t varint(Number number) noexcept { return number << 3U; }
[[nodiscard]] constexpr std::uint32_t block(Number number) noexcept { return number << 3U | 2U; }
[[nodiscard]] constexpr std::uint32_t varint(Kind kind) noexcept { return varint(number_of(kind)); }
[[nodiscard]] constexpr std::uint32_t block(Kind kind) noexcept { return block(number_of(kind)); }

}  // namespace millrace::cloudevents::fields
