#pragma once
// A dead letter as it lies in its topic, and which of them somebody means: values, callable from anywhere.
//
// A letter is named twice. By its place, which is how its state is kept; and by its id, which is how people name it:
// that of deadletter::id_of() for one that the broker has written, "<partition>~<offset>" of its place for any other.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/deadletter/adoption.hpp"
#include "millrace/deadletter/letter.hpp"
#include "millrace/filter/expression.hpp"

namespace millrace::redrive {

/// The numbers are those of the records (docs/formats/letters.md).
enum class LetterState : std::uint8_t {
  open = 0,        ///< nobody has done anything about it
  redriving = 1,   ///< its event is being delivered again
  resolved = 2,    ///< it was delivered again, and acknowledged
  discarded = 3,   ///< somebody has given it up
  superseded = 4,  ///< its event died again, or was edited: there is a newer letter
  revising = 5,    ///< for a moment: its newer letter is being written
};
inline constexpr std::size_t letter_states = 6;

/// "open"
[[nodiscard]] std::string_view name_of(LetterState state) noexcept;
[[nodiscard]] std::optional<LetterState> parse_letter_state(std::string_view text) noexcept;

/// Where a letter lies.
struct LetterPlace {
  std::string topic;
  PartitionIndex partition = 0;
  Offset offset;
  auto operator<=>(const LetterPlace&) const = default;
};

struct Found {
  LetterPlace place;
  LetterState state = LetterState::open;
  std::string id;
  deadletter::Family family = deadletter::Family::millrace;
  /// Of another family: what its marks tell; the rest is at its default, partition and offset are -1.
  deadletter::Letter letter;
  std::string exception;        ///< of another family: what was thrown
  deadletter::Record original;  ///< as it died; of another family with its marks
  bool is_source_gone = false;  ///< of a link: its record is there no more, and `original` is what the letter has
};

/// All that is said has to hold.
struct Selection {
  std::optional<LetterState> state = LetterState::open;  ///< unset: any
  std::optional<filter::Expression> where;               ///< asked of the event as it died; what is none does not pass
  std::vector<delivery::Reason> reasons;                 ///< one of them; empty: any
  Timestamp since = no_timestamp;                        ///< it died then, or later
  Timestamp until = no_timestamp;                        ///< it died before
  std::vector<std::string> ids;                          ///< one of them; empty: any
};

/// A name as "<partition>~<offset>".
[[nodiscard]] std::string place_id(PartitionIndex partition, Offset offset);
/// Nothing for a text that place_id() does not make.
[[nodiscard]] std::optional<std::pair<PartitionIndex, Offset>> parse_place_id(std::string_view id);

}  // namespace millrace::redrive
