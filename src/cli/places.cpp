#include "places.hpp"

#include <charconv>

namespace millrace::cli {

namespace {

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_number = error == std::errc{} && end == text.data() + text.size() && !text.empty();
  return is_number ? std::optional(number) : std::nullopt;
}

}  // namespace

Json place_of(const std::string& text) {
  if (text == "earliest" || text == "latest") return Json{{"to", text}};
  const bool is_shift = text.starts_with('+') || text.starts_with('-');
  const auto digits = text.starts_with('+') ? std::string_view(text).substr(1) : std::string_view(text);
  if (const auto number = number_of<std::int64_t>(digits)) return Json{{is_shift ? "shift" : "offset", *number}};
  return Json{{"time", text}};
}

Result<void> add_partitions(Json& topics, const std::string& text) {
  // A topic's name has no colon.
  const auto colon = text.find(':');
  const auto name = text.substr(0, colon);
  if (name.empty()) return failure(Errc::invalid, "\"" + text + "\" names no topic");
  if (colon == std::string::npos) {
    topics[name] = nullptr;
    return {};
  }
  auto partitions = Json::array();
  auto rest = std::string_view(text).substr(colon + 1);
  for (;;) {
    const auto comma = rest.find(',');
    const auto partition = number_of<std::uint32_t>(rest.substr(0, comma));
    if (!partition) return failure(Errc::invalid, "\"" + text + "\" is not a topic with its partitions, as orders:0,2");
    partitions.push_back(*partition);
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  topics[name] = std::move(partitions);
  return {};
}

}  // namespace millrace::cli
