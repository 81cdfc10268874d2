#include <array>

#include "expression.hpp"
#include "millrace/core/escaped.hpp"
#include "millrace/core/json_pointer.hpp"
#include "millrace/filter/cesql.hpp"
#include "millrace/filter/dialects.hpp"

namespace millrace::views {

namespace {

using Json = nlohmann::json;

constexpr std::array<std::string_view, 4> known{"name", "topic", "filter", "filters"};
constexpr std::size_t unknown_told_max = 8;

void refuse_others(const Json& document, std::vector<Fault>& faults) {
  std::size_t told = 0;
  for (const auto& [member, value] : document.items()) {
    if (std::ranges::find(known, member) != known.end() || ++told > unknown_told_max) continue;
    faults.push_back({"/" + pointer_token(member.substr(0, 64)),
                      "\"" + escaped(member, 64) + "\" is no member of a view: name, topic, filter and filters are"});
  }
}

void read_names(const Json& document, std::string_view name, Definition& into, std::vector<Fault>& faults) {
  const auto said = document.find("name");
  if (said != document.end() && (!said->is_string() || said->get_ref<const std::string&>() != name))
    faults.push_back({"/name", "must be \"" + escaped(name) + "\", the name that is asked for, if it is there"});
  const auto topic = document.find("topic");
  if (topic == document.end()) {
    faults.push_back({"/topic", "is required: the topic of which this is a view"});
  } else if (!topic->is_string() || topic->get_ref<const std::string&>().empty()) {
    faults.push_back({"/topic", "must be the name of a topic"});
  } else {
    into.topic = topic->get<std::string>();
  }
}

}  // namespace

std::optional<Json> parse(std::string_view text) {
  bool is_deep = false;
  const auto bounded = [&is_deep](int depth, Json::parse_event_t, Json&) {
    is_deep = is_deep || depth > depth_max;
    return depth <= depth_max;
  };
  auto parsed = Json::parse(text, bounded, false);
  if (is_deep || parsed.is_discarded()) return std::nullopt;
  return parsed;
}

tl::expected<filter::Expression, Fault> expression_of(const Json& document) {
  const auto wrong = [](std::string pointer, std::string detail) {
    return tl::unexpected(Fault{.pointer = std::move(pointer), .detail = std::move(detail)});
  };
  const auto text = document.find("filter");
  const auto objects = document.find("filters");
  if ((text == document.end()) == (objects == document.end()))
    return wrong("", "must have either filter, an expression of CESQL, or filters, an array of filter objects");
  if (text != document.end()) {
    if (!text->is_string()) return wrong("/filter", "must be a string: an expression of CESQL");
    auto parsed = filter::parse_cesql(text->get_ref<const std::string&>(), filter::UnknownFunctions::refused);
    if (!parsed) return wrong("/filter", parsed.error().message);
    return *std::move(parsed);
  }
  auto parsed = filter::parse_filters(objects->dump(-1, ' ', false, Json::error_handler_t::replace));
  if (!parsed) return wrong("/filters" + parsed.error().pointer, parsed.error().detail);
  return *std::move(parsed);
}

tl::expected<Definition, std::vector<Fault>> read(std::string_view json, std::string_view name) {
  const auto document = parse(json);
  std::vector<Fault> faults;
  if (!document || !document->is_object()) {
    faults.push_back({"", "must be an object of JSON, nested " + std::to_string(depth_max) + " deep at most"});
    return tl::unexpected(std::move(faults));
  }
  Definition definition;
  read_names(*document, name, definition, faults);
  if (auto expression = expression_of(*document); !expression) faults.push_back(std::move(expression.error()));
  refuse_others(*document, faults);
  if (!faults.empty()) return tl::unexpected(std::move(faults));
  auto filter = Json::object();
  for (const auto* member : {"filter", "filters"}) {
    if (const auto found = document->find(member); found != document->end()) filter[member] = *found;
  }
  definition.filter = filter.dump(-1, ' ', false, Json::error_handler_t::replace);
  return definition;
}

}  // namespace millrace::views
