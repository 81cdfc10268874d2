#include "millrace/core/ids.hpp"

#include <cstring>

#include "millrace/core/bytes.hpp"

namespace millrace::inline core {

namespace {
constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t text_size = 22;
}  // namespace

std::string Uuid::to_string() const {
  std::string text;
  text.reserve(text_size);
  std::uint32_t bits = 0;
  int held = 0;
  for (const auto byte : bytes) {
    bits = (bits << 8) | std::to_integer<std::uint32_t>(byte);
    held += 8;
    while (held >= 6) text += alphabet[(bits >> (held -= 6)) & 63];
  }
  if (held > 0) text += alphabet[(bits << (6 - held)) & 63];
  return text;
}

std::string Uuid::to_hyphenated() const {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    const auto value = std::to_integer<unsigned>(bytes[i]);
    text += digits[value >> 4];
    text += digits[value & 15];
  }
  return text;
}

std::string Uuid::to_code() const {
  constexpr std::string_view letters = "abcdefghijkmnpqrstuvwxyz23456789";
  constexpr std::size_t version_byte = 6;
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    if (i != version_byte) text += letters[std::to_integer<std::size_t>(bytes[i]) % letters.size()];
  return text;
}

std::optional<Uuid> Uuid::parse(std::string_view text) {
  if (text.size() != text_size) return std::nullopt;
  Uuid id;
  std::uint32_t bits = 0;
  int held = 0;
  std::size_t at = 0;
  for (const char c : text) {
    const auto digit = alphabet.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    bits = (bits << 6) | static_cast<std::uint32_t>(digit);
    held += 6;
    if (held >= 8 && at < id.bytes.size()) id.bytes[at++] = static_cast<std::byte>(bits >> (held -= 8));
  }
  // Two spare bits at most are left over, and a canonical text has them clear.
  if ((bits & ((1U << held) - 1U)) != 0) return std::nullopt;
  return id;
}

Uuid Uuid::from_random(std::uint64_t high, std::uint64_t low) {
  constexpr std::uint64_t version_mask = 0xf000, version_4 = 0x4000;
  constexpr std::uint64_t variant_mask = std::uint64_t{3} << 62, variant_rfc4122 = std::uint64_t{2} << 62;
  Uuid id;
  store_be(id.bytes.data(), (high & ~version_mask) | version_4);
  store_be(id.bytes.data() + 8, (low & ~variant_mask) | variant_rfc4122);
  return id;
}

}  // namespace millrace::inline core

std::size_t std::hash<millrace::Uuid>::operator()(const millrace::Uuid& id) const noexcept {
  std::size_t value = 0;
  std::memcpy(&value, id.bytes.data() + 8, sizeof value);
  return value;
}
