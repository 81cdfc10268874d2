#include "millrace/subscriptions/defaults.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "config_keys.hpp"
#include "findings.hpp"
#include "inheriting.hpp"
#include "millrace/core/check.hpp"
#include "millrace/core/escaped.hpp"

namespace millrace::subscriptions {

namespace {

using Json = nlohmann::json;

struct Found {
  Origin origin;
  const std::string& value;
};

std::optional<Found> find(const Inheritance& inheritance, std::string_view topic, std::string_view key) {
  if (const auto defaults = inheritance.topics.find(topic); defaults != inheritance.topics.end()) {
    if (const auto value = defaults->second.find(key); value != defaults->second.end())
      return Found{Origin::topic, value->second};
  }
  if (const auto value = inheritance.cluster.find(key); value != inheritance.cluster.end())
    return Found{Origin::cluster, value->second};
  return std::nullopt;
}

/// For which protocol a key means something.
Protocol protocol_of(KeyOf of) { return of == KeyOf::pull ? Protocol::pull : Protocol::http; }

void put_words(Config& into, const Config& from, std::uint32_t bits) {
  if ((bits & bit_of("retryon")) != 0) into.retry_on = from.retry_on;
  if ((bits & bit_of("failon")) != 0) into.fail_on = from.fail_on;
}

/// Config's own values, but for what the owner has said.
Config bare(const Config& config) {
  Config out;
  out.topic = config.topic;
  out.start = config.start;
  out.dead_letter_topic = config.dead_letter_topic;
  out.own = config.own;
  for (const auto& key : config_keys()) {
    if ((config.own & bit_of(key.name)) == 0) continue;
    const auto value = key.get(config);
    if (value || may_be_none(key)) key.put(out, value.value_or(none));
  }
  put_words(out, config, config.own);
  return out;
}

std::optional<std::string> set_default(Defaults& defaults, const std::string& name, const Json& value) {
  if (name == "topic" || name == "startfrom" || name == "deadlettertopic")
    return name + " is each subscription's own, and has no default";
  const auto key = std::ranges::find(inheritable(), name, &Inheritable::name);
  auto text = scalar_text(value);
  if (!text) return escaped(name, 64) + std::string(must_be_scalar);
  Config config;
  const auto protocol = key == inheritable().end() ? Protocol::http : protocol_of(key->of);
  auto why = set_config(config, protocol, name, *text);
  if (!why) defaults[name] = *std::move(text);
  return why;
}

}  // namespace

std::uint32_t said_as_inherited(const Config& said, const Config& before) {
  const std::uint32_t candidates = said.own & ~before.own;
  std::uint32_t same = 0;
  for (const auto& key : config_keys()) {
    if ((candidates & bit_of(key.name)) != 0 && key.get(said) == key.get(before)) same |= bit_of(key.name);
  }
  if (said.retry_on == before.retry_on) same |= candidates & bit_of("retryon");
  if (said.fail_on == before.fail_on) same |= candidates & bit_of("failon");
  return same;
}

void fill_in(Config& config, Protocol protocol, const Inheritance& inheritance) {
  for (const auto& [name, bit, of] : inheritable()) {
    if ((config.own & bit) != 0 || !is_of(of, protocol)) continue;
    const auto found = find(inheritance, config.topic, name);
    if (!found) continue;
    const auto why = set_config(config, protocol, name, found->value);
    CHECK(!why, "defaults have been judged");
  }
}

Faults clashes_in(const Subscription& subscription) {
  Faults faults;
  if (const auto judged = delivery::check(policy_of(subscription)); !judged)
    faults.push_back({.pointer = "/backoffcap", .rule = "SUB-14", .detail = judged.error().message});
  if (const auto judged = push::check(overrides_of(subscription)); !judged)
    faults.push_back({.pointer = "/failon", .rule = "SUB-14", .detail = judged.error().message});
  return faults;
}

std::optional<std::string> scalar_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_number() || value.is_boolean() ? std::optional(value.dump()) : std::nullopt;
}

Judged<Defaults> read_defaults(std::string_view json) {
  Findings findings;
  Defaults defaults;
  if (auto why = why_not_document(json, "the object of defaults")) {
    findings.add("", "SUB-15", *std::move(why));
  } else {
    const auto object = Json::parse(json);
    for (const auto& [name, value] : object.items()) {
      if (value.is_null()) continue;
      if (auto why_not = set_default(defaults, name, value))
        findings.add(pointer_to("", name), "SUB-14", *std::move(why_not));
    }
  }
  if (!findings.empty()) return tl::unexpected(std::move(findings).take());
  return defaults;
}

std::string to_json(const Defaults& defaults) {
  return Json(defaults).dump(-1, ' ', false, Json::error_handler_t::replace);
}

Judged<void> check(const Inheritance& inheritance) {
  const auto judge = [&](const std::string& topic) -> Judged<void> {
    for (const auto protocol : {Protocol::pull, Protocol::http, Protocol::kafka}) {
      Subscription silent{.protocol = protocol};
      silent.config.topic = topic;
      fill_in(silent.config, protocol, inheritance);
      if (auto clashes = clashes_in(silent); !clashes.empty()) return tl::unexpected(std::move(clashes));
    }
    return {};
  };
  if (auto judged = judge(""); !judged) return judged;
  for (const auto& [topic, defaults] : inheritance.topics) {
    auto judged = judge(topic);
    if (judged) continue;
    for (auto& fault : judged.error()) fault.detail = "of topic " + in_quotes(topic) + ": " + fault.detail;
    return judged;
  }
  return {};
}

Judged<Subscription> inherit(Subscription subscription, const Inheritance& inheritance) {
  subscription.config = bare(subscription.config);
  fill_in(subscription.config, subscription.protocol, inheritance);
  if (auto clashes = clashes_in(subscription); !clashes.empty()) return tl::unexpected(std::move(clashes));
  return subscription;
}

std::string_view name_of(Origin origin) noexcept { return origin == Origin::topic ? "topic" : "cluster"; }

std::vector<std::pair<std::string_view, Origin>> inherited(const Subscription& subscription,
                                                           const Inheritance& inheritance) {
  std::vector<std::pair<std::string_view, Origin>> out;
  const auto& config = subscription.config;
  for (const auto& [name, bit, of] : inheritable()) {
    if ((config.own & bit) != 0 || !is_of(of, subscription.protocol)) continue;
    if (const auto found = find(inheritance, config.topic, name)) out.emplace_back(name, found->origin);
  }
  std::ranges::sort(out);
  return out;
}

}  // namespace millrace::subscriptions
