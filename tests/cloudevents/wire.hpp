#pragma once
// Messages of protobuf, put together by hand from cloudevents.proto.

#include <cstdint>
#include <string>
#include <string_view>

#include "../protocol/hex.hpp"

namespace millrace::cloudevents::wire {

inline std::string from_hex(std::string_view digits) {
  return std::string(as_text(protocol::testing::from_hex(digits)));
}
inline std::string to_hex(std::string_view bytes) { return protocol::testing::to_hex(as_bytes(bytes)); }

inline std::string varint(std::uint64_t value) {
  std::string out;
  for (; value > 0x7f; value >>= 7U) out += static_cast<char>(value | 0x80U);
  return out + static_cast<char>(value);
}

/// A field that is a number.
inline std::string number(unsigned field, std::uint64_t value) { return varint(field << 3U) + varint(value); }

/// A field that is a string, bytes or a message.
inline std::string block(unsigned field, std::string_view bytes) {
  return varint(field << 3U | 2U) + varint(bytes.size()) + std::string(bytes);
}

/// An entry of the map of attributes; `value` is a CloudEventAttributeValue.
inline std::string attribute(std::string_view name, std::string_view value) {
  return block(5, block(1, name) + block(2, value));
}

inline std::string boolean(bool value) { return number(1, value ? 1 : 0); }
inline std::string integer(std::int64_t value) { return number(2, static_cast<std::uint64_t>(value)); }
inline std::string string(std::string_view text) { return block(3, text); }
inline std::string bytes(std::string_view text) { return block(4, text); }
inline std::string uri(std::string_view text) { return block(5, text); }
inline std::string uri_reference(std::string_view text) { return block(6, text); }
inline std::string timestamp(std::int64_t seconds, std::int64_t nanos = 0) {
  return block(7, number(1, static_cast<std::uint64_t>(seconds)) + number(2, static_cast<std::uint64_t>(nanos)));
}

inline std::string any(std::string_view type_url, std::string_view value) {
  return block(8, block(1, type_url) + block(2, value));
}

/// The four required fields of events.hpp's event, then `more`.
inline std::string event_with(std::string_view more = {}) {
  return block(1, "A1") + block(2, "/shop") + block(3, "1.0") + block(4, "com.example.sold") + std::string(more);
}

}  // namespace millrace::cloudevents::wire
