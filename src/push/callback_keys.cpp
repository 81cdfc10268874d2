#include "millrace/push/handshake.hpp"
#include "said.hpp"

namespace millrace::push {

namespace {

std::string key_of(const CallbackKeys::Seed& seed) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string key;
  for (const std::uint64_t half : seed) {
    for (int shift = 60; shift >= 0; shift -= 4) key += digits[(half >> static_cast<unsigned>(shift)) & 0xFU];
  }
  return key;
}

CallbackAnswer answer(CallbackError error, unsigned status, std::string body) {
  return {.error = error, .status = status, .body = std::move(body)};
}

}  // namespace

void CallbackKeys::forget(ByKey::iterator at) {
  by_expiry_.erase({at->second.until, at->first});
  by_subscription_.erase(at->second.subscription);
  by_key_.erase(at);
}

Result<std::string> CallbackKeys::issue(std::string_view subscription, Rate asked, const Seed& seed, Instant now) {
  revoke(subscription);
  if (by_key_.size() >= keys_max_) {
    return failure(Errc::busy, "as many sinks as may be, " + std::to_string(keys_max_) + ", have still to consent");
  }
  std::string key = key_of(seed);
  const auto [at, is_new] = by_key_.try_emplace(key, Awaited{std::string(subscription), asked, now + lifetime_});
  if (!is_new) return failure(Errc::exists, "this key is somebody else's");
  by_subscription_.emplace(subscription, key);
  by_expiry_.emplace(at->second.until, key);
  return key;
}

CallbackAnswer CallbackKeys::redeem(std::string_view method, std::string_view key,
                                    std::span<const cloudevents::HeaderField> request, Instant now) {
  if (method != "GET" && method != "POST") {
    auto refusal = answer(CallbackError::method, 405, "Consent with GET or POST.\n");
    refusal.fields = {{"Allow", "GET, POST"}};
    return refusal;
  }
  const auto at = by_key_.find(key);
  if (at == by_key_.end() || at->second.until <= now) {
    return answer(CallbackError::unknown_key, 404, "Nobody waits for this consent: it was given, or is too late.\n");
  }
  Rate rate = at->second.asked;
  if (const Said said = said_in(request, allowed_rate_field); said.is_there) {
    const auto granted = rate_of(said.value);
    if (!granted) {
      return answer(CallbackError::rate, 400, "WebHook-Allowed-Rate must be * or a number of requests a minute.\n");
    }
    rate = *granted;
  }
  auto consent = answer(CallbackError::none, 200, "Thank you. Events will be sent.\n");
  consent.subscription = at->second.subscription;
  consent.rate = rate;
  forget(at);
  return consent;
}

void CallbackKeys::revoke(std::string_view subscription) {
  const auto at = by_subscription_.find(subscription);
  if (at != by_subscription_.end()) forget(by_key_.find(at->second));
}

std::vector<std::string> CallbackKeys::tick(Instant now) {
  std::vector<std::string> expired;
  while (!by_expiry_.empty() && by_expiry_.begin()->first <= now) {
    const auto at = by_key_.find(by_expiry_.begin()->second);
    expired.push_back(at->second.subscription);
    forget(at);
  }
  return expired;
}

std::optional<Instant> CallbackKeys::next_deadline() const {
  if (by_expiry_.empty()) return std::nullopt;
  return by_expiry_.begin()->first;
}

}  // namespace millrace::push
