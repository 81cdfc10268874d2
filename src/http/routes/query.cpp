#include "query.hpp"

#include <charconv>

#include "millrace/core/escaped.hpp"

namespace millrace::http::routes {

namespace {

Failure wrong(const std::string& name, const std::string& value, const std::string& rule) {
  return failure(Errc::invalid, name + ": \"" + escaped(value) + "\" is not " + rule);
}

}  // namespace

std::optional<std::string> Query::text(const std::string& name) {
  known_.insert(name);
  const auto found = request_.query.find(name);
  return found == request_.query.end() ? std::nullopt : std::optional(found->second);
}

Result<std::optional<std::int64_t>> Query::number(const std::string& name, std::int64_t least, std::int64_t most) {
  const auto value = text(name);
  if (!value) return std::nullopt;
  std::int64_t number = 0;
  const auto* const end = value->data() + value->size();
  const auto [at, error] = std::from_chars(value->data(), end, number);
  if (error == std::errc{} && at == end && number >= least && number <= most) return number;
  return wrong(name, *value, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
}

Result<std::optional<std::size_t>> Query::word(const std::string& name, std::string_view words) {
  const auto value = text(name);
  if (!value) return std::nullopt;
  auto rest = words;
  for (std::size_t place = 0; !rest.empty(); ++place) {
    const auto end = std::min(rest.find(' '), rest.size());
    if (rest.substr(0, end) == *value) return place;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return wrong(name, *value, "one of: " + std::string(words));
}

Result<void> Query::all_known() const {
  for (const auto& [name, value] : request_.query) {
    if (!known_.contains(name)) return failure(Errc::invalid, escaped(name) + " is not a parameter of this request");
  }
  return {};
}

}  // namespace millrace::http::routes
