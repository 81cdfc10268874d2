#pragma once
// Which event a record holds: its source and id, by which repeats are told from other events (CORE-4, CORE-5).
//
// A record in binary mode costs no memory; one in structured mode is parsed.

#include <optional>
#include <string_view>

#include "millrace/cloudevents/event.hpp"
#include "millrace/cloudevents/kafka.hpp"
#include "millrace/cloudevents/media_type.hpp"
#include "millrace/record/record.hpp"

namespace millrace::cloudevents {

struct Identity {
  std::string_view source{};
  std::string_view id{};
};

/// Says of an event that it comes once more because that was asked for, as out of a dead-letter topic: such a one is no
/// repeat, whatever its id.
inline constexpr std::string_view redriven_attribute = "dlredrive";

/// Owned: one thread at a time.
class IdentityReader {
 public:
  explicit IdentityReader(Unmarked unmarked = Unmarked::refused) : unmarked_(unmarked) {}

  /// Nothing for a record that is no event, as Validation::binary_or_structured has it, and for one that is redriven.
  /// What is borrowed is the record's, or this reader's until its next call.
  [[nodiscard]] std::optional<Identity> read(const record::RecordView& record);

 private:
  [[nodiscard]] std::optional<Identity> read_structured(const record::RecordView& record, Format format);

  Unmarked unmarked_;
  std::optional<Event> structured_;
};

}  // namespace millrace::cloudevents
