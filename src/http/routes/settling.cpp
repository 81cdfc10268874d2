#include "settling.hpp"

#include "delivery_token.hpp"
#include "json.hpp"

namespace millrace::http::routes {

namespace {

constexpr std::string_view no_token = "unknown";

std::string_view error_of(const runtime::LockAnswer& answer) {
  if (answer.unavailable != ErrorCode::none) return unavailable;
  if (answer.error == delivery::TokenError::none) return {};
  return answer.error == delivery::TokenError::lost ? "lost" : no_token;
}

void ask_delivery(runtime::DeliveryRuntime& delivery, const std::string& id, const Settlement& settlement,
                  const std::vector<runtime::DeliveryLock>& locks, runtime::LocksDone done) {
  switch (settlement.verb) {
    case SettleVerb::acknowledge: return delivery.acknowledge(id, locks, std::move(done));
    case SettleVerb::fail: return delivery.fail(id, locks, settlement.failure, settlement.delay, std::move(done));
    case SettleVerb::reject: return delivery.reject(id, locks, settlement.failure, std::move(done));
    case SettleVerb::release: return delivery.release(id, locks, settlement.delay, std::move(done));
    case SettleVerb::renew: return delivery.renew(id, locks, std::move(done));
  }
}

}  // namespace

void settle(runtime::DeliveryRuntime& delivery, const std::string& id, const Settlement& settlement,
            runtime::Callback<void(TokenErrors)> done) {
  std::vector<runtime::DeliveryLock> locks;
  std::vector<std::size_t> places;  // of the tokens that are some
  for (std::size_t i = 0; i < settlement.tokens.size(); ++i) {
    const auto lock = parse_token(settlement.tokens[i]);
    if (!lock) continue;
    locks.push_back(*lock);
    places.push_back(i);
  }
  auto told = [count = settlement.tokens.size(), places = std::move(places),
               done = std::move(done)](tl::expected<std::vector<runtime::LockAnswer>, ErrorCode> answers) mutable {
    // The topic is gone, and with it all that was in hand.
    if (!answers && answers.error() == ErrorCode::resource_not_found)
      answers = std::vector<runtime::LockAnswer>(places.size(), {.error = delivery::TokenError::lost});
    if (!answers) return done(tl::unexpected(answers.error()));
    std::vector<std::string_view> errors(count, no_token);
    for (std::size_t i = 0; i < places.size(); ++i) errors[places[i]] = error_of((*answers)[i]);
    done(std::move(errors));
  };
  ask_delivery(delivery, id, settlement, locks, std::move(told));
}

void SettledTokens::add(const std::vector<std::string>& tokens, const std::vector<std::string_view>& errors) {
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (errors[i].empty()) {
      if (!settled.empty()) settled += ',';
      append_json_text(settled, tokens[i]);
    } else {
      failed.append(failed.empty() ? "{\"token\":" : ",{\"token\":");
      append_json_text(failed, tokens[i]);
      failed.append(",\"error\":\"").append(errors[i]).append("\"}");
    }
  }
}

}  // namespace millrace::http::routes
