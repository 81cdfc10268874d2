#pragma once
// Bytes and big-endian integers: how every byte on the wire and on disk is read and written.
//
// ByteView is a borrowed, read-only range; whoever hands one out says what must outlive it. Loads and stores
// take a pointer and trust the caller with the bounds: bounded parsing lives in protocol::Reader and
// record::RecordCursor. Values, no state, callable from anywhere.

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::inline core {

using ByteView = std::span<const std::byte>;
using MutableBytes = std::span<std::byte>;
using Bytes = std::vector<std::byte>;

template <std::integral T>
[[nodiscard]] constexpr T byte_swapped(T value) noexcept {
  using U = std::make_unsigned_t<T>;
  if constexpr (sizeof(T) == 1) return value;
  if constexpr (sizeof(T) == 2) return static_cast<T>(__builtin_bswap16(static_cast<U>(value)));
  if constexpr (sizeof(T) == 4) return static_cast<T>(__builtin_bswap32(static_cast<U>(value)));
  if constexpr (sizeof(T) == 8) return static_cast<T>(__builtin_bswap64(static_cast<U>(value)));
}

/// Requires: `from` points at sizeof(T) readable bytes.
template <std::integral T>
[[nodiscard]] T load_be(const std::byte* from) noexcept {
  T value;
  std::memcpy(&value, from, sizeof value);
  return std::endian::native == std::endian::little ? byte_swapped(value) : value;
}

/// Requires: `to` points at sizeof(T) writable bytes.
template <std::integral T>
void store_be(std::byte* to, T value) noexcept {
  if constexpr (std::endian::native == std::endian::little) value = byte_swapped(value);
  std::memcpy(to, &value, sizeof value);
}

template <std::integral T>
void append_be(Bytes& to, T value) {
  std::byte raw[sizeof value];
  store_be(raw, value);
  to.insert(to.end(), raw, raw + sizeof value);
}

[[nodiscard]] inline ByteView as_bytes(std::string_view text) noexcept {
  return std::as_bytes(std::span(text.data(), text.size()));
}

/// The view borrows `bytes`.
[[nodiscard]] inline std::string_view as_text(ByteView bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

[[nodiscard]] inline Bytes to_bytes(std::string_view text) {
  const auto view = as_bytes(text);
  return {view.begin(), view.end()};
}

inline void append_bytes(Bytes& to, ByteView bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }

}  // namespace millrace::inline core
