#include "terms.hpp"

#include <algorithm>

#include "millrace/core/base64.hpp"
#include "millrace/core/rfc3339.hpp"

namespace millrace::webhook {

namespace {

std::string credentials_of(const subscriptions::Credential& credential) {
  if (const auto* plain = std::get_if<subscriptions::PlainCredential>(&credential)) {
    return "Basic " + to_base64(plain->identifier + ":" + plain->secret);
  }
  const auto* token = std::get_if<subscriptions::AccessToken>(&credential);
  return token != nullptr ? "Bearer " + token->token : std::string();
}

push::ContentMode mode_of(subscriptions::ContentMode mode) {
  switch (mode) {
    case subscriptions::ContentMode::structured: return push::ContentMode::structured;
    case subscriptions::ContentMode::batch: return push::ContentMode::batch;
    case subscriptions::ContentMode::binary: break;
  }
  return push::ContentMode::binary;
}

}  // namespace

Result<TermsPtr> terms_of(const subscriptions::Subscription& subscription, const Options& options) {
  auto url = subscriptions::read_url(subscription.sink);
  if (!url) return failure_of(url);
  if (auto judged = subscriptions::judge_url(*url, options.allows_http, options.allowed); !judged)
    return failure_of(judged);
  const auto& config = subscription.config;
  auto terms = std::make_shared<Terms>();
  terms->topic = config.topic;
  terms->sink = std::move(*url);
  terms->method = subscription.http->method;
  terms->credentials = credentials_of(*subscription.credential);
  for (const auto& header : subscription.http->headers) terms->user_fields.emplace_back(header.name, header.value);
  terms->mode = mode_of(config.content_mode);
  terms->bounds = {.events_max = std::min<std::size_t>(config.batch_events_max, push::batch_events_ceiling),
                   .bytes_max = std::min<std::size_t>(config.batch_bytes_max, push::batch_bytes_ceiling)};
  terms->lock_time = config.lock_time;
  terms->places = std::min<std::size_t>(options.places, config.in_flight_max);
  terms->overrides = subscriptions::overrides_of(subscription);
  terms->honours_expiry = config.honours_expiry;
  return TermsPtr(std::move(terms));
}

bool is_same_sink(const Terms& one, const Terms& other) {
  return one.sink == other.sink && one.credentials == other.credentials;
}

Milliseconds timeout_of(const Terms& terms, const Options& options, Milliseconds in_hand) {
  const Milliseconds left = terms.lock_time - terms.lock_time / 8 - in_hand;
  return std::clamp(left, Milliseconds(0), options.request_timeout);
}

bool is_expired(const cloudevents::Event& event, Timestamp now) {
  const auto* expiry = event.find("expirytime");
  const auto moment = expiry == nullptr ? std::nullopt : parse_rfc3339(expiry->text);
  return moment && *moment <= now;
}

}  // namespace millrace::webhook
