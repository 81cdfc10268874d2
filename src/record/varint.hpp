#pragma once
// Zig-zag varints as Kafka's records use them: seven bits a byte, lowest first, the high bit says that more follow.
// A reader accepts padded spellings as Kafka does, and refuses what does not fit the width. Values, no state.

#include <cstdint>
#include <type_traits>

#include "millrace/core/bytes.hpp"

namespace millrace::record {

template <std::signed_integral T>
[[nodiscard]] constexpr T from_zig_zag(std::make_unsigned_t<T> raw) noexcept {
  using U = std::make_unsigned_t<T>;
  return static_cast<T>((raw >> 1) ^ (U{0} - (raw & 1)));
}

/// The varints of more than two bytes, and those that are none.
template <std::signed_integral T>
[[nodiscard]] bool read_long_varint(const std::byte*& at, const std::byte* end, T& value) noexcept {
  using U = std::make_unsigned_t<T>;
  constexpr unsigned bits = sizeof(T) * 8;
  U raw = 0;
  unsigned shift = 0;
  for (const auto* from = at; from != end && shift < bits; shift += 7) {
    const auto byte = std::to_integer<unsigned>(*from++);
    const auto payload = byte & 0x7f;
    if (shift + 7 > bits && (payload >> (bits - shift)) != 0) return false;
    raw |= static_cast<U>(static_cast<U>(payload) << shift);
    if (byte < 0x80) {
      value = from_zig_zag<T>(raw);
      at = from;
      return true;
    }
  }
  return false;
}

/// Advances `at` behind the varint. False, with `at` unchanged, when the bytes end first or hold no T.
template <std::signed_integral T>
[[nodiscard]] inline bool read_varint(const std::byte*& at, const std::byte* end, T& value) noexcept {
  using U = std::make_unsigned_t<T>;
  if (end - at < 2) return read_long_varint(at, end, value);
  const auto first = std::to_integer<U>(at[0]);
  if (first < 0x80) {
    value = from_zig_zag<T>(first);
    at += 1;
    return true;
  }
  const auto second = std::to_integer<U>(at[1]);
  if (second >= 0x80) [[unlikely]]
    return read_long_varint(at, end, value);
  value = from_zig_zag<T>((first & 0x7f) | (second << 7));
  at += 2;
  return true;
}

template <std::signed_integral T>
[[nodiscard]] constexpr auto zig_zag(T value) noexcept {
  using U = std::make_unsigned_t<T>;
  return static_cast<U>((static_cast<U>(value) << 1) ^ static_cast<U>(value >> (sizeof(T) * 8 - 1)));
}

template <std::signed_integral T>
[[nodiscard]] constexpr std::size_t varint_size(T value) noexcept {
  std::size_t size = 1;
  for (auto raw = zig_zag(value); raw >= 0x80; raw >>= 7) ++size;
  return size;
}

template <std::signed_integral T>
void append_varint(Bytes& to, T value) {
  auto raw = zig_zag(value);
  for (; raw >= 0x80; raw >>= 7) to.push_back(static_cast<std::byte>((raw & 0x7f) | 0x80));
  to.push_back(static_cast<std::byte>(raw));
}

}  // namespace millrace::record
