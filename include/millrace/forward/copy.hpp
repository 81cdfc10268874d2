#pragma once
// The copy of a record that goes to another topic: the record untouched, and where it came from in headers of its own.
// Pure, any thread.
//
// The trail names the subscriptions that a record has come through. So a record that meets one of them again stops
// there: two rules that point at each other copy it once each way, and not for ever.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "millrace/core/ids.hpp"
#include "millrace/record/record.hpp"

namespace millrace::forward {

inline constexpr std::string_view source_topic_header = "__millrace.source.topic";
inline constexpr std::string_view source_partition_header = "__millrace.source.partition";
inline constexpr std::string_view source_offset_header = "__millrace.source.offset";
/// Ids of subscriptions, separated by blanks, the last one last.
inline constexpr std::string_view trail_header = "__millrace.source.trail";
/// Subscriptions that a record may come through.
inline constexpr std::size_t trail_max = 16;

enum class Passage {
  free,
  again,  ///< it has come through this subscription before
  far,    ///< it has come through trail_max of them
};
[[nodiscard]] Passage passage_of(const record::OwnedRecord& record, std::string_view subscription);

/// Where a record is copied from, and by whom.
struct Source {
  std::string_view subscription{};
  std::string_view topic{};
  PartitionIndex partition = 0;
};

using Headers = std::vector<std::pair<std::string, std::optional<Bytes>>>;
/// Those of the record in their order, without earlier marks of this kind, and behind them the marks: of the topic from
/// which it is copied now, and of its whole trail.
[[nodiscard]] Headers headers_of(const record::OwnedRecord& record, const Source& source);

}  // namespace millrace::forward
