#include "millrace/forward/copy.hpp"

#include <algorithm>

#include "millrace/core/bytes.hpp"

namespace millrace::forward {

namespace {

constexpr std::string_view marks[] = {source_topic_header, source_partition_header, source_offset_header, trail_header};

std::string_view trail_of(const record::OwnedRecord& record) {
  std::string_view trail;
  for (const auto& [name, value] : record.headers) {
    if (name == trail_header && value) trail = as_text(*value);
  }
  return trail;
}

std::optional<Bytes> bytes_of(std::string_view text) {
  const auto view = as_bytes(text);
  return Bytes(view.begin(), view.end());
}

}  // namespace

Passage passage_of(const record::OwnedRecord& record, std::string_view subscription) {
  std::string_view rest = trail_of(record);
  std::size_t count = 0;
  while (!rest.empty()) {
    const auto blank = rest.find(' ');
    if (rest.substr(0, blank) == subscription) return Passage::again;
    if (++count == trail_max) return Passage::far;
    rest = blank == std::string_view::npos ? std::string_view() : rest.substr(blank + 1);
  }
  return Passage::free;
}

Headers headers_of(const record::OwnedRecord& record, const Source& source) {
  Headers headers;
  headers.reserve(record.headers.size() + std::size(marks));
  for (const auto& each : record.headers) {
    if (std::ranges::find(marks, each.first) == std::end(marks)) headers.push_back(each);
  }
  const std::string_view before = trail_of(record);
  const std::string trail = std::string(before) + (before.empty() ? "" : " ") + std::string(source.subscription);
  headers.emplace_back(source_topic_header, bytes_of(source.topic));
  headers.emplace_back(source_partition_header, bytes_of(std::to_string(source.partition)));
  headers.emplace_back(source_offset_header, bytes_of(std::to_string(record.offset.value())));
  headers.emplace_back(trail_header, bytes_of(trail));
  return headers;
}

}  // namespace millrace::forward
