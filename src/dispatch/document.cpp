#include "document.hpp"

#include <array>
#include <nlohmann/json.hpp>

namespace millrace::dispatch {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* credential_member = "sinkcredential";
constexpr std::array<const char*, 2> secret_members{"secret", "accesstoken"};

Failure not_understood(const std::string& why) { return failure(Errc::unsupported, "the document " + why); }

/// Replaces each secret by what `change` makes of it.
template <class Change>
Result<void> change_secrets(Json& subscription, Change change) {
  const auto credential = subscription.find(credential_member);
  if (credential == subscription.end() || !credential->is_object()) return {};
  const auto id = subscription.value("id", "");
  for (const auto* const name : secret_members) {
    const auto secret = credential->find(name);
    if (secret == credential->end() || !secret->is_string()) continue;
    auto changed = change(secret->template get<std::string>(), id + "/" + name);
    if (!changed) return failure_of(changed);
    *secret = *std::move(changed);
  }
  return {};
}

Result<void> seal_all(Json& subscription, SecretFile& secrets) {
  return change_secrets(subscription, [&](const std::string& secret, const std::string& about) -> Result<std::string> {
    const auto key = secrets.key_or_fresh();
    if (!key) return failure_of(key);
    return seal(*key, secret, about);
  });
}

Result<void> open_all(Json& subscription, SecretFile& secrets) {
  return change_secrets(subscription, [&](const std::string& secret, const std::string& about) -> Result<std::string> {
    const auto key = secrets.key();
    if (!key) return failure_of(key);
    return unseal(*key, secret, about);
  });
}

bool take_offsets(const Json& from, std::vector<Offset>& into) {
  if (!from.is_array()) return false;
  for (const auto& each : from) {
    if (!each.is_number_unsigned()) return false;
    into.emplace_back(each.get<std::int64_t>());
  }
  return true;
}

}  // namespace

Result<std::string> write_document(const Kept& kept, SecretFile& secrets) {
  auto subscription = Json::parse(subscriptions::to_json(*kept.subscription, subscriptions::Secrets::kept));
  if (!kept.locked_credential.empty()) {
    subscription[credential_member] = Json::parse(kept.locked_credential);
  } else if (auto sealed = seal_all(subscription, secrets); !sealed) {
    return failure_of(sealed);
  }
  Json out{{"subscription", std::move(subscription)}, {"topic_id", kept.topic.to_string()}};
  auto offsets = Json::array();
  for (const auto each : kept.begin_at) offsets.push_back(each.value());
  out["begin_at"] = std::move(offsets);
  if (!kept.suspended.empty()) out["suspended"] = kept.suspended;
  if (kept.is_removing) out["removing"] = true;
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<Kept> read_document(std::string_view json, SecretFile& secrets, const subscriptions::Inheritance& inheritance) {
  auto document = Json::parse(json, nullptr, false);
  if (!document.is_object() || !document.contains("subscription")) return not_understood("has no subscription");
  Kept kept;
  for (const auto& [name, value] : document.items()) {
    if (name == "subscription") continue;
    if (name == "topic_id" && value.is_string()) {
      const auto id = Uuid::parse(value.get<std::string>());
      if (!id) return not_understood("has a topic_id that is none");
      kept.topic = *id;
    } else if (name == "suspended" && value.is_string()) {
      kept.suspended = value.get<std::string>();
    } else if (name == "removing" && value.is_boolean()) {
      kept.is_removing = value.get<bool>();
    } else if (name != "begin_at" || !take_offsets(value, kept.begin_at)) {
      return not_understood("has a member \"" + name + "\" that is not known");
    }
  }
  auto& subscription = document["subscription"];
  if (!subscription.is_object()) return not_understood("has no subscription");
  if (const auto sealed = subscription; !open_all(subscription, secrets)) {
    kept.locked_credential = sealed[credential_member].dump();
    subscription.erase(credential_member);
  }
  auto restored =
      subscriptions::restore(subscription.dump(-1, ' ', false, Json::error_handler_t::replace), inheritance);
  if (!restored) {
    const auto& fault = restored.error().front();
    return not_understood("has a subscription with " + fault.pointer + ": " + fault.detail);
  }
  kept.subscription = std::make_shared<const subscriptions::Subscription>(*std::move(restored));
  return kept;
}

}  // namespace millrace::dispatch
