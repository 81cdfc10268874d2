#include "subscription_wish.hpp"

#include "assignments.hpp"
#include "durations.hpp"

namespace millrace::cli {

namespace {

/// The member as an object, made one if it is none.
Json& object_in(Json& parent, const char* name) {
  auto& member = parent[name];
  if (!member.is_object()) member = Json::object();
  return member;
}

void put(Json& object, const std::string& name, const std::optional<std::string>& text) {
  if (!text) return;
  if (text->empty()) {
    object.erase(name);
  } else {
    object[name] = *text;
  }
}

void apply_sink(const std::string& sink, Json& subscription) {
  if (sink.empty()) {
    for (const auto* name : {"sink", "protocol", "protocolsettings", "sinkcredential"}) subscription.erase(name);
    return;
  }
  const std::string protocol = sink.starts_with("kafka:") ? "KAFKA" : "HTTP";
  if (subscription.contains("protocol") && subscription["protocol"] != protocol) {
    subscription.erase("protocolsettings");
    subscription.erase("sinkcredential");
  }
  subscription["sink"] = sink;
  subscription["protocol"] = protocol;
}

void apply_headers(const std::vector<std::string>& assignments, Json& subscription) {
  if (assignments.empty()) return;
  auto& headers = object_in(object_in(subscription, "protocolsettings"), "headers");
  const auto named = object_of(assignments);
  for (const auto& [name, value] : named.items()) put(headers, name, value.get<std::string>());
}

void apply_config(const SubscriptionWish& wish, Json& subscription) {
  auto& config = object_in(subscription, "config");
  put(config, "topic", wish.topic);
  put(config, "startfrom", wish.from);
  put(config, "ordering", wish.ordering);
  put(config, "maxattempts", wish.max_attempts);
  if (wish.max_age) {
    const auto age = milliseconds_of(*wish.max_age);
    put(config, "maxage", age ? std::to_string(*age) : std::string());
  }
  const auto named = object_of(wish.config);
  for (const auto& [key, value] : named.items()) config[key] = value;
  for (const auto& key : wish.unset) config.erase(key);
}

}  // namespace

bool SubscriptionWish::is_empty() const {
  const bool names_nothing = !topic && !sink && !source && !filter && !from && !ordering && !max_attempts && !max_age;
  return names_nothing && types.empty() && config.empty() && unset.empty() && headers.empty();
}

void apply(const SubscriptionWish& wish, Json& subscription) {
  put(subscription, "source", wish.source);
  if (wish.types == std::vector<std::string>{""}) {
    subscription.erase("types");
  } else if (!wish.types.empty()) {
    subscription["types"] = wish.types;
  }
  if (wish.filter && wish.filter->empty()) {
    subscription.erase("filters");
  } else if (wish.filter) {
    subscription["filters"] = Json::array({Json{{"sql", *wish.filter}}});
  }
  if (wish.sink) apply_sink(*wish.sink, subscription);
  apply_headers(wish.headers, subscription);
  apply_config(wish, subscription);
}

}  // namespace millrace::cli
