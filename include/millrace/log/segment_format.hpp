#pragma once
// Names and sizes of the files in a log's directory: the one place that spells them (docs/formats/segment.md).
//
//   00000000000000001042.log         record batches, one after the other
//   00000000000000001042.index       8 bytes an entry: relative offset i32, position i32
//   00000000000000001042.timeindex   12 bytes an entry: timestamp i64, relative offset i32
//   00000000000000001042.txnindex    34 bytes an entry: version i16, producer i64, first i64, last i64, last stable i64
//   00000000000000001042.seal        what the files above were when the segment was flushed for good
//   epochs                           16 bytes an entry: epoch i32, first offset i64, CRC-32C u32
//   torn-00000000000000001042        what recovery cut off at that offset
//   <any of these>.deleted           out of the log, not yet freed
//   00000000000000001042.log.cleaned what compaction is writing
//   00000000000000001042.log.00000000000000002077.swap  takes the place of all segments from 1042 to below 2077
//   compacted                        how far compaction came
//
// Values, pure; for whoever reads a directory of a log.

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "millrace/core/ids.hpp"

namespace millrace::log {

enum class FileKind { log, index, time_index, txn_index, seal };
inline constexpr FileKind file_kinds[] = {FileKind::log, FileKind::index, FileKind::time_index, FileKind::txn_index,
                                          FileKind::seal};

inline constexpr std::size_t offset_entry_bytes = 8;
inline constexpr std::size_t time_entry_bytes = 12;
inline constexpr std::size_t txn_entry_bytes = 34;
inline constexpr std::size_t epoch_entry_bytes = 16;

inline constexpr std::string_view epochs_name = "epochs";
inline constexpr std::string_view torn_prefix = "torn-";
inline constexpr std::string_view deleted_suffix = ".deleted";
inline constexpr std::string_view temporary_suffix = ".tmp";
inline constexpr std::string_view cleaned_suffix = ".cleaned";
inline constexpr std::string_view swap_suffix = ".swap";
inline constexpr std::string_view compacted_prefix = "compacted";  ///< with the endings of an atomic file
/// Atomic files written by broker, left alone by log.
inline constexpr std::string_view producers_prefix = "producer.snapshot";
inline constexpr std::string_view events_prefix = "events.snapshot";
inline constexpr std::string_view topic_file_prefix = "partition.metadata";  ///< written by the engine, likewise
inline constexpr std::string_view lost_and_found = "lost+found";

/// No record has an offset beyond it, so that adding what a batch may span never overflows.
inline constexpr Offset offset_max{std::numeric_limits<std::int64_t>::max() - (std::int64_t{1} << 32)};

struct SegmentFile {
  Offset base;
  FileKind kind = FileKind::log;
  bool operator==(const SegmentFile&) const = default;
};

/// 20 digits, as Kafka names segments.
[[nodiscard]] std::string digits_of(Offset base);
[[nodiscard]] std::string file_name(Offset base, FileKind kind);
/// Nothing when `name` is not exactly what file_name gives for some offset and kind.
[[nodiscard]] std::optional<SegmentFile> parse_file_name(std::string_view name);

/// A rewritten segment that is whole and takes the place of all that begin in [base, next).
struct SwapFile {
  Offset base;
  Offset next;
  bool operator==(const SwapFile&) const = default;
};
[[nodiscard]] std::string swap_name(const SwapFile& swap);
[[nodiscard]] std::optional<SwapFile> parse_swap_name(std::string_view name);

}  // namespace millrace::log
