#include "body.hpp"

#include <cmath>
#include <limits>

#include "millrace/core/escaped.hpp"

namespace millrace::http::routes {

namespace {

constexpr int depth_max = 16;
constexpr std::size_t shown_inside_max = 24;

std::string shown(const Json& value, std::size_t bytes_max = limits::client_text_max) {
  return escaped(value.dump(-1, ' ', true, Json::error_handler_t::replace), bytes_max);
}

/// Also 5.0 and 5e3, as JSON Schema has it, where a double holds every whole number.
bool is_whole(const Json& value) {
  constexpr double exact = 1LL << 53;
  if (value.is_number_integer()) return true;
  if (!value.is_number_float()) return false;
  const auto number = value.get<double>();
  return number >= -exact && number <= exact && number == std::trunc(number);
}

Failure not_so(const std::string& field, const Json& value, const char* rule) {
  return failure(Errc::invalid, escaped(field) + ": " + shown(value) + " is not " + rule);
}

Result<std::set<PartitionIndex>> partitions_in(const std::string& field, const Json& listed) {
  if (!listed.is_array() || listed.empty()) return not_so(field, listed, "a list of partitions, or null for all");
  std::set<PartitionIndex> partitions;
  for (const auto& each : listed) {
    if (!each.is_number_unsigned() || each.get<std::uint64_t>() > std::numeric_limits<PartitionIndex>::max()) {
      return not_so(field, each, "the number of a partition");
    }
    partitions.insert(each.get<PartitionIndex>());
  }
  return partitions;
}

}  // namespace

Result<Body> Body::of(const Request& request) {
  // Printing is recursive, so that what is nested without end must not be kept to be printed.
  bool is_deep = false;
  const auto bounded = [&is_deep](int depth, Json::parse_event_t, Json&) {
    if (depth > depth_max) is_deep = true;
    return depth <= depth_max;
  };
  auto object = Json::parse(request.body, bounded, false);
  if (is_deep) return failure(Errc::invalid, "the body is nested deeper than " + std::to_string(depth_max));
  if (!object.is_object()) return failure(Errc::invalid, "the body is not a JSON object");
  return Body(std::move(object));
}

Body Body::inside(Json object, std::string prefix) {
  Body body(std::move(object));
  body.prefix_ = std::move(prefix);
  body.shown_max_ = shown_inside_max;
  return body;
}

Failure Body::wrong(const std::string& field, const Json& value, const char* rule) const {
  return failure(Errc::invalid, escaped(prefix_ + field) + ": " + shown(value, shown_max_) + " is not " + rule);
}

const Json* Body::find(const std::string& field) {
  known_.insert(field);
  const auto found = object_.find(field);
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

Result<std::optional<std::string>> Body::text(const std::string& field) {
  const auto* value = find(field);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) return wrong(field, *value, "a text");
  return value->get<std::string>();
}

Result<std::optional<std::int32_t>> Body::number(const std::string& field) {
  const auto* value = find(field);
  if (value == nullptr) return std::nullopt;
  if (!is_whole(*value) || value->get<double>() < std::numeric_limits<std::int32_t>::min() ||
      value->get<double>() > std::numeric_limits<std::int32_t>::max()) {
    return wrong(field, *value, "a whole number of 32 bits");
  }
  return value->get<std::int32_t>();
}

Result<std::optional<std::int64_t>> Body::integer(const std::string& field) {
  const auto* value = find(field);
  if (value == nullptr) return std::nullopt;
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  const bool is_too_large = value->is_number_unsigned() && value->get<std::uint64_t>() > most;
  if (!is_whole(*value) || is_too_large) return wrong(field, *value, "a whole number of 64 bits");
  return value->get<std::int64_t>();
}

Result<std::optional<std::int64_t>> Body::integer_within(const std::string& field, std::int64_t least,
                                                         std::int64_t most) {
  const auto number = integer(field);
  if (!number || !*number || (**number >= least && **number <= most)) return number;
  return failure(Errc::invalid, escaped(prefix_ + field) + ": " + std::to_string(**number) + " is not from " +
                                    std::to_string(least) + " to " + std::to_string(most));
}

Result<std::optional<bool>> Body::flag(const std::string& field) {
  const auto* value = find(field);
  if (value == nullptr) return std::nullopt;
  if (!value->is_boolean()) return wrong(field, *value, "true or false");
  return value->get<bool>();
}

Result<std::vector<std::string>> Body::words(const std::string& field) {
  std::vector<std::string> words;
  const auto* value = find(field);
  if (value == nullptr) return words;
  if (!value->is_array() || value->empty()) return wrong(field, *value, "a list of texts");
  for (const auto& each : *value) {
    if (!each.is_string()) return wrong(field, each, "a text");
    words.push_back(each.get<std::string>());
  }
  return words;
}

Result<std::set<PartitionIndex>> Body::numbers(const std::string& field) {
  const auto* value = find(field);
  if (value == nullptr) return std::set<PartitionIndex>();
  return partitions_in(field, *value);
}

Result<std::vector<std::string>> Body::list(const std::string& field, std::size_t most) {
  std::vector<std::string> texts;
  const auto* value = find(field);
  if (value == nullptr) return texts;
  if (!value->is_array()) return wrong(field, *value, "a list of texts");
  if (value->size() > most)
    return failure(Errc::invalid, escaped(prefix_ + field) + ": has " + std::to_string(value->size()) + " texts; " +
                                      std::to_string(most) + " are the most");
  for (const auto& each : *value) {
    if (!each.is_string()) return wrong(field, each, "a text");
    texts.push_back(each.get<std::string>());
  }
  return texts;
}

Result<PartitionsByTopic> Body::partitions(const std::string& field) {
  PartitionsByTopic topics;
  const auto* value = find(field);
  if (value == nullptr) return topics;
  if (!value->is_object()) return wrong(field, *value, "an object of topics with their partitions");
  for (const auto& [topic, listed] : value->items()) {
    auto& into = topics[topic];
    if (listed.is_null()) continue;
    auto partitions = partitions_in(field + "." + topic, listed);
    if (!partitions) return failure_of(partitions);
    into = std::move(*partitions);
  }
  return topics;
}

Result<std::vector<std::pair<std::string, std::optional<std::string>>>> Body::texts(const std::string& field) {
  std::vector<std::pair<std::string, std::optional<std::string>>> texts;
  const auto* value = find(field);
  if (value == nullptr) return texts;
  if (!value->is_object()) return wrong(field, *value, "an object");
  for (const auto& [name, each] : value->items()) {
    if (each.is_structured()) return not_so(field + "." + name, each, "a text, a number, a boolean or null");
    if (each.is_null()) {
      texts.emplace_back(name, std::nullopt);
    } else {
      texts.emplace_back(name, each.is_string() ? each.get<std::string>() : each.dump());
    }
  }
  return texts;
}

Result<void> Body::all_known() const {
  for (const auto& [name, value] : object_.items()) {
    if (known_.contains(name)) continue;
    const auto where = prefix_ + escaped(name, shown_max_);
    return failure(Errc::invalid, where + " is not a field of this request");
  }
  return {};
}

bool is_bare(const Request& request) {
  if (request.body.empty()) return true;
  const auto body = Body::of(request);
  return body && body->all_known();
}

Result<bool> is_dry_run(const Request& request) {
  for (const auto& [name, value] : request.query) {
    if (name != "dry_run") return failure(Errc::invalid, escaped(name) + " is not a parameter of this request");
    if (value != "true" && value != "false") {
      return failure(Errc::invalid, "dry_run: \"" + escaped(value) + "\" is neither true nor false");
    }
  }
  const auto found = request.query.find("dry_run");
  return found != request.query.end() && found->second == "true";
}

}  // namespace millrace::http::routes
