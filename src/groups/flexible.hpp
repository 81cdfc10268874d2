#pragma once
// Kafka's flexible encoding (KIP-482): lengths and counts as unsigned varints plus one, tagged fields at the end of
// each struct. Reading stands beside the classic encoding in cursor.hpp; here is writing.

#include <functional>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "millrace/core/bytes.hpp"
#include "millrace/core/ids.hpp"

namespace millrace::groups {

inline void put_varint(Bytes& to, std::uint32_t value) {
  for (; value >= 0x80; value >>= 7) to.push_back(static_cast<std::byte>((value & 0x7F) | 0x80));
  to.push_back(static_cast<std::byte>(value));
}
/// The count of an array, or the length of what follows.
inline void put_count(Bytes& to, std::size_t count) { put_varint(to, static_cast<std::uint32_t>(count) + 1); }
inline void put_compact(Bytes& to, ByteView bytes) {
  put_count(to, bytes.size());
  append_bytes(to, bytes);
}
inline void put_compact(Bytes& to, std::string_view text) { put_compact(to, as_bytes(text)); }
inline void put_compact(Bytes& to, const std::optional<std::string>& text) {
  if (text)
    put_compact(to, std::string_view(*text));
  else
    put_varint(to, 0);
}
inline void put_uuid(Bytes& to, const Uuid& id) { append_bytes(to, id.bytes); }
inline void put_no_tags(Bytes& to) { put_varint(to, 0); }
/// The one tagged field that there is.
inline void put_only_tag(Bytes& to, std::uint32_t tag, const Bytes& content) {
  put_varint(to, 1);
  put_varint(to, tag);
  put_varint(to, static_cast<std::uint32_t>(content.size()));
  append_bytes(to, content);
}

}  // namespace millrace::groups
