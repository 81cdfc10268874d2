#pragma once
// Records of __millrace_delivery: what a partition's delivery writes down, and how it is encoded.
// Layout, meaning and a worked example: docs/formats/delivery.md.
//
// All values have version 0 and may carry tagged fields, which are read over when they are not known. A count or length
// in the bytes allocates nothing before the bytes are there; bytes left over are a failure. Values, callable from
// anywhere.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "millrace/core/bytes.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "millrace/delivery/event.hpp"

namespace millrace::delivery {

/// Whose delivery it is: the front of every key.
struct Home {
  std::string subscription;  ///< at most 32767 bytes
  Uuid topic;
  PartitionIndex partition = 0;
  auto operator<=>(const Home&) const = default;
};

/// Every event below `settled_until` is settled, but those with an EventState; none from there on, but those of pages.
struct Progress {
  Offset settled_until;
  Offset start;  ///< everything below has been settled once; it never goes back
  bool operator==(const Progress&) const = default;
};

inline constexpr std::int64_t page_events = 256;
/// Bit n is of offset page × page_events + n; the lowest bit of the first byte is the first.
using PageBits = std::array<std::byte, page_events / 8>;

struct SettledPage {
  std::int64_t page = 0;
  PageBits settled{};
  bool operator==(const SettledPage&) const = default;
};

enum class Stage : std::int8_t { open = 0, archiving = 1, dead = 2 };

struct EventState {
  Offset offset;
  Stage stage = Stage::open;
  std::uint32_t life = 0;
  Timestamp at = no_timestamp;   ///< open: not before; else when it died
  Offset mark = no_offset;       ///< archiving: the letter lies behind it; dead: where it lies
  Reason reason = Reason::none;  ///< of its death
  Failures failures;
  bool operator==(const EventState&) const = default;
};

// Tombstones.
struct ProgressForgotten {
  bool operator==(const ProgressForgotten&) const = default;
};
struct PageForgotten {
  std::int64_t page = 0;
  bool operator==(const PageForgotten&) const = default;
};
struct EventForgotten {
  Offset offset;
  bool operator==(const EventForgotten&) const = default;
};

using Record = std::variant<Progress, SettledPage, EventState, ProgressForgotten, PageForgotten, EventForgotten>;

struct LogRecord {
  Bytes key;
  std::optional<Bytes> value;  ///< unset: a tombstone
  bool operator==(const LogRecord&) const = default;
};
/// Requires: texts within their bounds.
[[nodiscard]] LogRecord encode(const Home& home, const Record& record);

struct HomedRecord {
  Home home;
  Record record;
};
/// Errc::unsupported: a kind of key or a version that we do not know. Errc::corrupt: the bytes contradict their
/// version.
[[nodiscard]] Result<HomedRecord> decode(ByteView key, std::optional<ByteView> value);

}  // namespace millrace::delivery
