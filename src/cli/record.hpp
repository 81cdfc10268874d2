#pragma once
// A record as a person hands it in or sees it: bytes that are there, or not. A value.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace millrace::cli {

struct Record {
  std::string topic = {};
  std::int32_t partition = -1;  ///< -1, for one that is to be sent: by its key, or any
  std::int64_t offset = -1;
  std::int64_t timestamp = -1;  ///< ms since the epoch; -1: none, or now for one that is to be sent
  std::optional<std::string> key;
  std::optional<std::string> value;  ///< nothing: a tombstone
  std::vector<std::pair<std::string, std::optional<std::string>>> headers;
};

/// The value of the last header with that name; null when there is none or it is null.
[[nodiscard]] inline const std::string* header_of(const Record& record, std::string_view name) {
  const std::string* found = nullptr;
  for (const auto& [each, value] : record.headers) {
    if (each == name) found = value ? &*value : nullptr;
  }
  return found;
}

/// "orders/0/17"
[[nodiscard]] inline std::string place_of(const Record& record) {
  return record.topic + "/" + std::to_string(record.partition) + "/" + std::to_string(record.offset);
}

}  // namespace millrace::cli
