#pragma once
// Where a reader of a whole topic is: an offset for each partition, and whose turn it is. As a text that stands in a
// URL as it is; readers take it as one word. Pure.

#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"

namespace millrace::http::routes {

struct EventCursor {
  std::vector<Offset> next;  ///< by partition
  std::size_t turn = 0;      ///< the partition that is looked at first, so that none waits for ever

  [[nodiscard]] std::string to_string() const;
  /// For a topic of so many partitions; those that it did not have begin at 0. Errc::invalid: none of ours.
  [[nodiscard]] static Result<EventCursor> parse(std::string_view text, std::size_t partitions);
};

}  // namespace millrace::http::routes
