#include <algorithm>

#include "config_keys.hpp"
#include "inheriting.hpp"
#include "millrace/filter/dialects.hpp"
#include "millrace/subscriptions/sink.hpp"
#include "reader.hpp"

namespace millrace::subscriptions {

namespace {

/// The group of dead letters that no subscription has (deadletter/names.hpp).
constexpr std::string_view reserved_id = "quarantine";

}  // namespace

void Reader::all(Members& members) {
  id(members);
  (void)members.find("status");
  if (auto source = members.text("source", "SUB-5", limits::source_bytes_max)) {
    if (!cloudevents::is_uri_reference(*source)) members.add("source", "SUB-5", "must be a URI-reference (RFC 3986)");
    out_.source = *std::move(source);
  }
  types(members);
  protocol(members);
  sink(members);
  settings(members);
  credential(members);
  config(members);
  filters(members);
  members.refuse_others("SUB-15");
}

void Reader::id(Members& members) {
  const auto* const value = members.find("id");
  if (id_is_ == IdIs::ignored || (id_is_ == IdIs::the_same && value == nullptr)) return;
  const auto* const said = value == nullptr ? nullptr : value->get_ptr<const std::string*>();
  if (id_is_ == IdIs::the_same) {
    if (said == nullptr || *said != out_.id) members.add("id", "SUB-3", "is " + in_quotes(out_.id) + " and stays so");
    return;
  }
  if (said != nullptr && *said == reserved_id) {
    members.add("id", "SUB-3",
                "must not be \"quarantine\": so letters of records are named that their topic puts aside");
  } else if (said != nullptr && is_id(*said)) {
    out_.id = *said;
  } else {
    members.add("id", "SUB-3", "must be 1 to " + std::to_string(limits::id_bytes_max) + " of a-z, 0-9 and \"-\"");
  }
}

void Reader::types(Members& members) {
  const auto* const value = members.find("types");
  if (value == nullptr) return;
  if (!value->is_array() || value->size() > limits::types_max) {
    members.add("types", "SUB-5", "must be an array of at most " + std::to_string(limits::types_max) + " types");
    return;
  }
  for (std::size_t at = 0; at < value->size(); ++at) {
    const auto* const type = (*value)[at].get_ptr<const std::string*>();
    if (type != nullptr && !type->empty() && type->size() <= limits::type_bytes_max && cloudevents::is_string(*type)) {
      out_.types.push_back(*type);
    } else {
      findings_.add("/types/" + std::to_string(at), "SUB-5",
                    "a type must be a string of 1 to " + std::to_string(limits::type_bytes_max) + " bytes");
    }
  }
}

void Reader::filters(Members& members) {
  if (const auto* const value = members.find("filters")) {
    out_.filters = value->dump();
    if (const auto judged = filter::parse_filters(out_.filters); !judged) {
      const auto& [pointer, detail] = judged.error();
      findings_.add("/filters" + pointer, rule_of_filter(pointer), detail);
      return;
    }
  }
  if (!findings_.empty()) return;
  if (const auto judged = filter_of(out_); !judged)
    members.add("filters", "SUB-6", "are too many, with source and types: " + judged.error().message);
}

void Reader::protocol(Members& members) {
  const bool has_sink = members.find("sink") != nullptr;
  const auto* const value = members.find("protocol");
  has_protocol_ = value != nullptr || !has_sink;
  if (value == nullptr) {
    if (has_sink) members.add("protocol", "SUB-4", "is required with a sink");
    return;
  }
  const auto* const said = value->get_ptr<const std::string*>();
  if (said != nullptr && (*said == "HTTP" || *said == "KAFKA")) {
    out_.protocol = *said == "HTTP" ? Protocol::http : Protocol::kafka;
    return;
  }
  has_protocol_ = false;
  constexpr std::string_view others[] = {"AMQP", "MQTT3", "MQTT5", "NATS"};
  const bool is_other = said != nullptr && std::ranges::find(others, *said) != std::end(others);
  members.add("protocol", "SUB-4",
              is_other ? "is " + *said + ", by which this version sends nothing; HTTP and KAFKA are"
                       : "must be HTTP or KAFKA, in capitals");
}

void Reader::sink(Members& members) {
  auto sink = members.text("sink", "SUB-4", limits::sink_bytes_max);
  if (!has_protocol_ || out_.protocol == Protocol::pull) return;
  if (members.find("sink") == nullptr) members.add("sink", "SUB-4", "is required with a protocol");
  if (!sink) return;
  if (out_.protocol == Protocol::http) {
    if (const auto url = read_url(*sink); !url) findings_.add("/sink", "SUB-4", url.error().message);
  } else if (!topic_of_sink(*sink)) {
    members.add("sink", "SUB-4",
                "is " + in_quotes(*sink) + ", but must be kafka: and the name of a topic of this cluster");
  }
  out_.sink = *std::move(sink);
}

void Reader::config(Members& members) {
  const auto config = object(members, "config", "SUB-14");
  if (members.find("config") == nullptr) members.add("config", "SUB-14", "is required, and topic in it");
  if (!config) return;
  const auto before = findings_.size();
  for (const auto& [name, value] : config->object().items()) {
    if (value.is_null()) continue;
    const auto text = scalar_text(value);
    const auto why = text ? set_config(out_.config, has_protocol_ ? out_.protocol : Protocol::http, name, *text)
                          : std::optional(escaped(name, 64) + std::string(must_be_scalar));
    if (why) findings_.add(pointer_to(config->pointer(), name), "SUB-14", *why);
    out_.config.own |= bit_of(name);
  }
  if (findings_.size() != before) return;
  inherit();
  if (out_.config.topic.empty()) findings_.add("/config/topic", "SUB-14", "topic is required");
  compare(out_, before_, findings_);
  // What was agreed once is there still when its defaults have changed: then it is not served until it is mended.
  if (id_is_ == IdIs::required) return;
  for (auto& clash : clashes_in(out_))
    findings_.add(config->pointer() + clash.pointer, clash.rule, std::move(clash.detail));
}

/// What was inherited and is said as it was stays so; what was not said is what the defaults say.
void Reader::inherit() {
  auto& config = out_.config;
  if (before_ != nullptr) config.own &= ~said_as_inherited(config, before_->config);
  fill_in(config, out_.protocol, inheritance_);
}

Judged<Subscription> read(std::string_view json, const Inheritance& inheritance) {
  return Reader(IdIs::ignored, nullptr, inheritance).read(json);
}
Judged<Subscription> read(std::string_view json) { return read(json, {}); }

Judged<Subscription> read_update(std::string_view json, const Subscription& before, const Inheritance& inheritance) {
  return Reader(IdIs::the_same, &before, inheritance).read(json);
}
Judged<Subscription> read_update(std::string_view json, const Subscription& before) {
  return read_update(json, before, {});
}

Judged<Subscription> restore(std::string_view json, const Inheritance& inheritance) {
  return Reader(IdIs::required, nullptr, inheritance).read(json);
}
Judged<Subscription> restore(std::string_view json) { return restore(json, {}); }

}  // namespace millrace::subscriptions
