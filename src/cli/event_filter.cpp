#include "event_filter.hpp"

#include "millrace/filter/cesql.hpp"

namespace millrace::cli {

Result<std::optional<filter::Expression>> filter_of(const std::string& text) {
  if (text.empty()) return std::nullopt;
  auto filter = filter::parse_cesql(text, filter::UnknownFunctions::refused);
  if (!filter) return Failure(filter.error().within("--filter"));
  return std::move(*filter);
}

std::string is_expression(const std::string& text) {
  if (text.empty()) return "";
  const auto filter = filter::parse_cesql(text, filter::UnknownFunctions::refused);
  return filter ? "" : filter.error().message;
}

}  // namespace millrace::cli
