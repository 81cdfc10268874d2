#pragma once
// Rows for people: columns as wide as their longest cell, numbers to the right. Pure.

#include <string>
#include <vector>

#include "paint.hpp"

namespace millrace::cli {

struct Column {
  std::string title;  ///< in capitals
  bool is_number = false;
};

/// Each row has a cell for every column. Control characters of a cell are shown escaped, for names may be strangers'.
/// Titles are bold.
[[nodiscard]] std::string table(const std::vector<Column>& columns, const std::vector<std::vector<std::string>>& rows,
                                const Paint& paint = Paint());

}  // namespace millrace::cli
