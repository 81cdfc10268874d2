#include <nlohmann/json.hpp>

#include "config_keys.hpp"
#include "millrace/core/rfc3339.hpp"

namespace millrace::subscriptions {

namespace {

using Ordered = nlohmann::ordered_json;

Ordered settings_of(const HttpSettings& http) {
  Ordered out{{"method", http.method}};
  for (const auto& header : http.headers) out["headers"][header.name] = header.value;
  return out;
}

Ordered settings_of(const KafkaSettings& kafka) {
  Ordered out{{"topicname", kafka.topic}};
  if (!kafka.key_attribute.empty()) out["partitionkeyextractor"] = kafka.key_attribute;
  if (!kafka.client_id.empty()) out["clientid"] = kafka.client_id;
  if (kafka.acks) out["ackmode"] = *kafka.acks;
  return out;
}

Ordered credential_of(const PlainCredential& plain, Secrets secrets) {
  Ordered out{{"credentialtype", "PLAIN"}, {"identifier", plain.identifier}};
  if (secrets == Secrets::kept) out["secret"] = plain.secret;
  return out;
}

Ordered credential_of(const AccessToken& token, Secrets secrets) {
  Ordered out{{"credentialtype", "ACCESSTOKEN"}};
  if (secrets == Secrets::kept) out["accesstoken"] = token.token;
  if (token.expires) out["accesstokenexpiresutc"] = rfc3339(*token.expires);
  out["accesstokentype"] = "bearer";
  return out;
}

Ordered config_of(const Config& config, Protocol protocol, Secrets secrets) {
  Ordered out{{"topic", config.topic}, {"startfrom", text_of(config.start)}};
  const auto is_own = [&](std::string_view name) { return (config.own & bit_of(name)) != 0; };
  const auto is_told = [&](std::string_view name) { return secrets == Secrets::hidden || is_own(name); };
  for (const auto& key : config_keys()) {
    if (!is_of(key.of, protocol) || !is_told(key.name)) continue;
    if (auto text = text_of(key, config)) {
      out[std::string(key.name)] = *std::move(text);
    } else if (is_own(key.name)) {
      out[std::string(key.name)] = "none";
    }
  }
  if (is_own("retryon") || (!config.retry_on.empty() && is_told("retryon"))) out["retryon"] = config.retry_on;
  if (is_own("failon") || (!config.fail_on.empty() && is_told("failon"))) out["failon"] = config.fail_on;
  if (!config.dead_letter_topic.empty()) out["deadlettertopic"] = config.dead_letter_topic;
  return out;
}

}  // namespace

std::string to_json(const Subscription& subscription, Secrets secrets) {
  Ordered out = Ordered::object();
  if (!subscription.id.empty()) out["id"] = subscription.id;
  if (!subscription.source.empty()) out["source"] = subscription.source;
  if (!subscription.types.empty()) out["types"] = subscription.types;
  if (auto filters = Ordered::parse(subscription.filters, nullptr, false); filters.is_array() && !filters.empty())
    out["filters"] = std::move(filters);
  if (subscription.protocol != Protocol::pull) {
    const bool is_http = subscription.protocol == Protocol::http;
    out["sink"] = subscription.sink;
    out["protocol"] = is_http ? "HTTP" : "KAFKA";
    out["protocolsettings"] = is_http ? settings_of(*subscription.http) : settings_of(*subscription.kafka);
  }
  if (const auto* plain = std::get_if<PlainCredential>(&*subscription.credential))
    out["sinkcredential"] = credential_of(*plain, secrets);
  if (const auto* token = std::get_if<AccessToken>(&*subscription.credential))
    out["sinkcredential"] = credential_of(*token, secrets);
  out["config"] = config_of(subscription.config, subscription.protocol, secrets);
  return out.dump(-1, ' ', false, Ordered::error_handler_t::replace);
}

}  // namespace millrace::subscriptions
