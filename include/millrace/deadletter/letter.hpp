#pragma once
// Dead letters: records of a dead-letter topic, made of the record that died and of what is known of its death; and
// read again.
//
// The record stays what it is: key, value, headers in their order, timestamp. The facts are added as Kafka headers, and
// to an event as extension attributes, too, so that it stays an event and says itself what befell it: as ce_ headers in
// binary mode, as members of the object in structured mode, as entries of the message in protobuf. No byte of anything
// else in the value changes. docs/dead_letters.md has the tables.
//
// The names of the marks are reserved. What a record has of them before is replaced: a letter that dies again has its
// marks once. Values, callable from anywhere; who writes letters to which topic is not decided here.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "millrace/core/bytes.hpp"
#include "millrace/deadletter/history.hpp"
#include "millrace/deadletter/names.hpp"
#include "millrace/record/builder.hpp"

namespace millrace::deadletter {

/// Of the message, in bytes. No stack traces.
inline constexpr std::size_t message_bytes_max = 1 * limits::KiB;
/// Of a sink's URL.
inline constexpr std::size_t destination_bytes_max = 2 * limits::KiB;

struct Letter {
  LetterName name;
  delivery::Reason reason = delivery::Reason::none;
  Timestamp died_at = no_timestamp;
  std::uint32_t attempts = 0;  ///< that failed
  Timestamp first_failure = no_timestamp;
  std::int32_t code = 0;    ///< HTTP's or an application's; 0: none
  std::string message;      ///< one line for people
  std::string destination;  ///< the URL of the sink; empty: there was none
  History history;
  /// When somebody changed the event last, since it died; no_timestamp: nobody has.
  Timestamp edited_at = no_timestamp;
  /// It has nothing of the record but its key, its time and, of an event, id, source and type: the record lies where it
  /// died, as long as its topic keeps it.
  bool is_link = false;
  bool operator==(const Letter&) const = default;
};

/// Where an event died.
struct Place {
  std::string_view group{};  ///< or subscription
  std::string_view topic{};
  PartitionIndex partition = 0;
  std::string_view destination{};  ///< empty: no sink
};
[[nodiscard]] Letter letter_of(const delivery::DeadLetter& dead, const Place& place);

/// A record with its own bytes: dead letters are few.
struct Record {
  Timestamp timestamp = no_timestamp;
  std::optional<Bytes> key;
  std::optional<Bytes> value;
  std::vector<std::pair<std::string, std::optional<Bytes>>> headers;
  bool operator==(const Record&) const = default;
};

/// Borrows `record`, which must outlive the views.
[[nodiscard]] std::vector<record::HeaderView> headers_of(const Record& record);
/// Borrows both.
[[nodiscard]] record::NewRecord view_of(const Record& record, std::span<const record::HeaderView> headers);

enum class Compat : std::uint8_t {
  none,
  knative,  ///< events have knativeerrordest, knativeerrorcode and knativeerrordata, too
};

/// Of the texts that a letter is given, in bytes; 0: it has none.
struct Bounds {
  std::size_t message_bytes = message_bytes_max;  ///< at most that
  std::size_t history_bytes = history_bytes_max;  ///< likewise
};

/// The record to append. Texts are made fit for attributes: control characters become spaces, what is no Unicode text
/// U+FFFD, and what is beyond its bound is cut at a character. A history that the record brings along is taken over.
[[nodiscard]] Record to_record(const Letter& letter, const record::NewRecord& original, Compat compat = Compat::none,
                               const Bounds& bounds = {});

struct Read {
  Letter letter;
  Record original;  ///< as it died, to the byte; of a link what it has of it
  bool operator==(const Read&) const = default;
};

/// Nothing for a record that is no letter of ours, or lacks what names it: adoption.hpp knows those of others. Whatever
/// a letter says was said by who may write to its topic; facts that cannot be read are left at their defaults.
[[nodiscard]] std::optional<Read> read_letter(const record::NewRecord& record);

}  // namespace millrace::deadletter
