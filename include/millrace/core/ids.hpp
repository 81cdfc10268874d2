#pragma once
// One type per idea that must not be mistaken for another. Values; no implicit way back to a number.

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::inline core {

/// Position of a record in a partition, from 0, without reuse. Kafka's -1 ("none") is Offset(-1).
class Offset {
 public:
  constexpr Offset() = default;
  constexpr explicit Offset(std::int64_t value) : value_(value) {}
  [[nodiscard]] constexpr std::int64_t value() const { return value_; }
  constexpr auto operator<=>(const Offset&) const = default;
  constexpr Offset operator+(std::int64_t count) const { return Offset(value_ + count); }
  constexpr Offset operator-(std::int64_t count) const { return Offset(value_ - count); }
  /// How many offsets lie between the two.
  constexpr std::int64_t operator-(Offset other) const { return value_ - other.value_; }

 private:
  std::int64_t value_ = 0;
};

inline constexpr Offset no_offset{-1};

/// 16 bytes in network order: topic ids, cluster ids. All zero means "no id".
struct Uuid {
  std::array<std::byte, 16> bytes{};
  auto operator<=>(const Uuid&) const = default;
  [[nodiscard]] bool is_zero() const { return *this == Uuid{}; }
  /// 22 characters of URL-safe base64 without padding, as Kafka prints ids.
  [[nodiscard]] std::string to_string() const;
  /// 36 characters of RFC 4122's own form, as member ids carry it.
  [[nodiscard]] std::string to_hyphenated() const;
  /// 15 characters of a-z and 2-9 without l and o, of the 75 bits of chance that a version 4 UUID has in their places:
  /// for people to type, and short enough for a std::string without heap. There is no way back.
  [[nodiscard]] std::string to_code() const;
  [[nodiscard]] static std::optional<Uuid> parse(std::string_view text);
  /// A version 4 UUID made of 128 bits of chance.
  [[nodiscard]] static Uuid from_random(std::uint64_t high, std::uint64_t low);
};

using PartitionIndex = std::int32_t;  ///< from 0
using LeaderEpoch = std::int32_t;     ///< from 0; -1 unknown
using ProducerId = std::int64_t;      ///< from 0; -1 none
using ProducerEpoch = std::int16_t;   ///< from 0; -1 none

struct TopicPartition {
  std::string topic;
  PartitionIndex partition = 0;
  auto operator<=>(const TopicPartition&) const = default;
};

}  // namespace millrace::inline core

template <>
struct std::hash<millrace::Uuid> {
  std::size_t operator()(const millrace::Uuid& id) const noexcept;
};

template <>
struct std::hash<millrace::TopicPartition> {
  std::size_t operator()(const millrace::TopicPartition& at) const noexcept {
    return std::hash<std::string>{}(at.topic) * 31 + static_cast<std::size_t>(at.partition);
  }
};
