#include "event_rules.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>

#include "millrace/core/escaped.hpp"
#include "millrace/filter/cesql.hpp"
#include "millrace/filter/dialects.hpp"

namespace millrace::http {

namespace {

using Object = nlohmann::ordered_json;

Result<filter::Expression> filter_in(const Object& rule) {
  const auto text = rule.find("filter");
  const auto filters = rule.find("filters");
  if (text != rule.end() && filters != rule.end())
    return failure(Errc::invalid, "filter and filters: a rule has one of them, not both");
  if (text != rule.end()) {
    if (!text->is_string()) return failure(Errc::invalid, "filter: it is a text of CESQL");
    auto parsed = filter::parse_cesql(text->get_ref<const std::string&>(), filter::UnknownFunctions::refused);
    if (!parsed) return Failure(parsed.error().within("filter"));
    return *std::move(parsed);
  }
  auto parsed = filter::parse_filters(filters == rule.end() ? "[]" : filters->dump());
  if (!parsed) return failure(Errc::invalid, "filters" + parsed.error().pointer + ": " + parsed.error().detail);
  return *std::move(parsed);
}

Result<std::int32_t> position_in(const Object& rule) {
  const auto found = rule.find("position");
  if (found == rule.end()) return 0;
  const bool is_one = found->is_number_unsigned() && found->get<std::uint64_t>() <= std::uint64_t{position_max};
  if (!is_one) {
    return failure(Errc::invalid, "position: " + escaped(found->dump()) + " is no whole number from 0 to " +
                                      std::to_string(position_max));
  }
  return found->get<std::int32_t>();
}

}  // namespace

Result<EventRule> read_rule(std::string_view name, std::string_view json) {
  if (broker::topic_name_fault(name)) {
    return failure(Errc::invalid, "rule \"" + escaped(name) +
                                      "\": its name has 1 to 249 letters, digits, '.', '_' and '-', as a topic's has");
  }
  const auto rule = Object::parse(json, nullptr, false);
  if (!rule.is_object()) return failure(Errc::invalid, "a rule is an object of JSON");
  constexpr std::string_view known[] = {"topic", "filter", "filters", "position"};
  for (const auto& [member, value] : rule.items()) {
    if (std::ranges::find(known, member) == std::end(known))
      return failure(Errc::invalid, escaped(member) + ": a rule has topic, filter, filters, position, and no more");
  }
  const auto topic = rule.find("topic");
  if (topic == rule.end() || !topic->is_string())
    return failure(Errc::invalid, "topic: it says where events go, and is missing or no text");
  const auto& target = topic->get_ref<const std::string&>();
  if (auto fault = broker::topic_name_fault(target)) return failure(Errc::invalid, "topic: " + *fault);
  auto passes = filter_in(rule);
  if (!passes) return failure_of(passes);
  const auto position = position_in(rule);
  if (!position) return failure_of(position);
  return EventRule{std::string(name), target, *position, *std::move(passes)};
}

const EventRule* rule_for(const EventRules& rules, const cloudevents::Event& event, filter::Scratch& scratch) {
  const filter::EventAttributes attributes(event);
  const auto found = std::ranges::find_if(rules, [&](const EventRule& rule) {
    scratch.clear();
    return rule.filter.matches(attributes, scratch);
  });
  return found == rules.end() ? nullptr : &*found;
}

EventRulesPtr RuleBook::rules(const broker::Catalog& catalog) {
  return page_.with([&](Page& page) {
    if (page.rules && page.version == catalog.version()) return page.rules;
    auto rules = std::make_shared<EventRules>();
    for (const auto& [name, json] : catalog.documents(broker::DocumentKind::rule)) {
      if (auto rule = read_rule(name, *json)) rules->push_back(*std::move(rule));
    }
    std::ranges::sort(*rules, {}, [](const EventRule& rule) { return std::tie(rule.position, rule.name); });
    page = {catalog.version(), std::move(rules)};
    return page.rules;
  });
}

}  // namespace millrace::http
