#include "millrace/core/base64.hpp"

#include <array>
#include <cstdint>

namespace millrace::inline core {

namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint32_t no_digit = 0x100;

constexpr std::array<std::uint32_t, 256> values = [] {
  std::array<std::uint32_t, 256> table{};
  table.fill(no_digit);
  for (std::uint32_t at = 0; at < alphabet.size(); ++at) table[static_cast<std::uint8_t>(alphabet[at])] = at;
  return table;
}();

std::uint32_t value_of(char digit) { return values[static_cast<std::uint8_t>(digit)]; }

}  // namespace

void append_base64(std::string& out, std::string_view bytes) {
  const auto byte = [bytes](std::size_t at) { return std::uint32_t{static_cast<std::uint8_t>(bytes[at])}; };
  out.reserve(out.size() + (bytes.size() + 2) / 3 * 4);
  std::size_t at = 0;
  for (; at + 3 <= bytes.size(); at += 3) {
    const std::uint32_t group = byte(at) << 16U | byte(at + 1) << 8U | byte(at + 2);
    const char four[] = {alphabet[group >> 18U], alphabet[group >> 12U & 63U], alphabet[group >> 6U & 63U],
                         alphabet[group & 63U]};
    out.append(four, sizeof four);
  }
  const std::size_t left = bytes.size() - at;
  if (left == 0) return;
  const std::uint32_t group = byte(at) << 16U | (left == 2 ? byte(at + 1) << 8U : 0U);
  out += alphabet[group >> 18U];
  out += alphabet[group >> 12U & 63U];
  out += left == 2 ? alphabet[group >> 6U & 63U] : '=';
  out += '=';
}

std::string to_base64(std::string_view bytes) {
  std::string out;
  append_base64(out, bytes);
  return out;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && text.ends_with('=')) {
    text.remove_suffix(1);
    ++padding;
  }
  std::string out;
  out.reserve(text.size() / 4 * 3 + 2);
  const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(static_cast<std::uint8_t>(byte)); };
  std::size_t at = 0;
  for (; at + 4 <= text.size(); at += 4) {
    const std::uint32_t first = value_of(text[at]), second = value_of(text[at + 1]);
    const std::uint32_t third = value_of(text[at + 2]), fourth = value_of(text[at + 3]);
    if (((first | second | third | fourth) & no_digit) != 0) return std::nullopt;
    const std::uint32_t group = first << 18U | second << 12U | third << 6U | fourth;
    put(group >> 16U);
    put(group >> 8U);
    put(group);
  }
  if (padding == 0) return out;
  const std::uint32_t first = value_of(text[at]), second = value_of(text[at + 1]);
  const std::uint32_t third = padding == 1 ? value_of(text[at + 2]) : 0;
  if (((first | second | third) & no_digit) != 0) return std::nullopt;
  put(first << 2U | second >> 4U);
  if (padding == 1) put(second << 4U | third >> 2U);
  return out;
}

}  // namespace millrace::inline core
