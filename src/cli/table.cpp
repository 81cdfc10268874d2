#include "table.hpp"

#include <algorithm>

#include "millrace/core/check.hpp"
#include "millrace/core/escaped.hpp"

namespace millrace::cli {

namespace {

constexpr std::size_t gap = 2;

/// Characters, not bytes: continuation bytes of UTF-8 take no place.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

std::string table(const std::vector<Column>& columns, const std::vector<std::vector<std::string>>& rows,
                  const Paint& paint) {
  std::vector<std::vector<std::string>> lines(1);
  for (const auto& column : columns) lines.front().push_back(column.title);
  for (const auto& row : rows) {
    CHECK(row.size() == columns.size(), "a row has a cell for every column");
    auto& line = lines.emplace_back();
    for (const auto& cell : row) line.push_back(escaped(cell));
  }
  std::vector<std::size_t> widths(columns.size());
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], width_of(line[i]));
  }
  std::string out;
  for (const auto& line : lines) {
    std::string text;
    for (std::size_t i = 0; i < line.size(); ++i) {
      const std::string padding(widths[i] - width_of(line[i]), ' ');
      text += columns[i].is_number ? padding + line[i] : line[i] + padding;
      text += std::string(gap, ' ');
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out += (out.empty() ? paint.bold(text) : text) + "\n";
  }
  return out;
}

}  // namespace millrace::cli
