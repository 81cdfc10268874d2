#pragma once
// The states of the letters in one partition of a dead-letter topic, and their records in `__millrace_letters`:
// docs/formats/letters.md. Pure.
//
// One byte for each letter of a page that has anything but open ones, 256 to a page; so a million letters that somebody
// has dealt with take some 1.3 MB, and those that nobody has touched take nothing. Changes are decided and put in two
// steps, so that a page is put only when its record was appended.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "millrace/core/bytes.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "millrace/redrive/found.hpp"

namespace millrace::redrive {

inline constexpr std::int64_t page_letters = 256;

/// Nothing more will become of it: it is none of open, redriving and revising.
[[nodiscard]] bool is_settled(LetterState state);

/// A partition of a dead-letter topic.
struct LettersOf {
  Uuid topic;
  PartitionIndex partition = 0;
  auto operator<=>(const LettersOf&) const = default;
};

struct StatePage {
  std::int64_t page = 0;
  std::array<LetterState, page_letters> states{};
  bool operator==(const StatePage&) const = default;
};

using StateCounts = std::array<std::uint64_t, letter_states>;

class LetterStates {
 public:
  [[nodiscard]] LetterState of(Offset letter) const;
  struct Change {
    std::vector<StatePage> pages;  ///< as they would be
    std::vector<Offset> changed;   ///< those that are in `from`
  };
  /// Of these letters, in any order, those that are in `from`, to another state.
  [[nodiscard]] Change decide(std::span<const Offset> letters, LetterState from, LetterState to) const;
  void put(const StatePage& page);
  void forget(std::int64_t page);
  /// Pages whose letters all lie below.
  [[nodiscard]] std::vector<std::int64_t> pages_below(Offset start) const;
  [[nodiscard]] std::vector<std::int64_t> pages() const;
  /// Of the letters from `start` on; that of open ones is 0, for they are not told from those that are not there.
  [[nodiscard]] StateCounts counts(Offset start) const;
  /// The first letter at or after `from` that is open or redriving: all before it are settled.
  [[nodiscard]] Offset first_unsettled(Offset from) const;
  /// Ascending.
  [[nodiscard]] std::vector<Offset> in(LetterState state) const;
  /// The first one in [start, end) that is open, if there is a letter.
  [[nodiscard]] std::optional<Offset> first_open(Offset start, Offset end) const;
  [[nodiscard]] bool empty() const { return pages_.empty(); }
  bool operator==(const LetterStates&) const = default;

 private:
  std::map<std::int64_t, std::array<LetterState, page_letters>> pages_;
  StateCounts counts_{};
};

/// No page: a tombstone.
struct StateRecord {
  LettersOf of;
  std::int64_t page = 0;
  std::optional<StatePage> states;
  bool operator==(const StateRecord&) const = default;
};
struct EncodedState {
  Bytes key;
  std::optional<Bytes> value;
};
[[nodiscard]] EncodedState encode(const StateRecord& record);
/// Errc::unsupported: a version that we do not know. Errc::corrupt: the bytes contradict their version.
[[nodiscard]] Result<StateRecord> decode(ByteView key, std::optional<ByteView> value);

}  // namespace millrace::redrive
