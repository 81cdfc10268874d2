#pragma once
// Which headers of a record are whose, in any letter case.

#include <string_view>

#include "ascii.hpp"

namespace millrace::cloudevents {

inline constexpr std::string_view content_type_header = "content-type";
inline constexpr std::string_view attribute_prefix = "ce_";

[[nodiscard]] inline bool is_content_type(std::string_view key) noexcept {
  return key.size() == content_type_header.size() && equals_ignoring_case(key, content_type_header);
}
[[nodiscard]] inline bool is_attribute(std::string_view key) noexcept {
  return key.size() >= attribute_prefix.size() && key[2] == '_' && lower(key[0]) == 'c' && lower(key[1]) == 'e';
}
/// Requires: is_attribute(key).
[[nodiscard]] inline std::string_view attribute_of(std::string_view key) noexcept {
  return key.substr(attribute_prefix.size());
}

}  // namespace millrace::cloudevents
