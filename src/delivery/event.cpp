#include "millrace/delivery/event.hpp"

#include <array>

#include "millrace/delivery/partition_delivery.hpp"
#include "mix.hpp"

namespace millrace::delivery {

KeyHash hash_of_key(ByteView key) noexcept {
  KeyHash hash = 0xcbf29ce484222325U;
  for (const std::byte b : key) hash = (hash ^ static_cast<KeyHash>(b)) * 0x100000001b3U;
  hash = mixed(hash);
  return hash == no_key ? 1 : hash;
}

std::string_view name_of(Reason reason) noexcept {
  static constexpr std::array<std::string_view, newest_reason + 1> names{
      "rejected",       "max-deliveries", "expired",   "http-status", "http-timeout", "lock-timeout",
      "schema-invalid", "event-invalid",  "too-large", "key-blocked", "manual"};
  const auto number = static_cast<std::size_t>(static_cast<std::int8_t>(reason));
  return reason == Reason::none || number >= names.size() ? std::string_view() : names[number];
}

std::string_view name_of(TokenError error) noexcept {
  switch (error) {
    case TokenError::none: return "";
    case TokenError::lost: return "token-lost";
    case TokenError::unknown: return "token-unknown";
  }
  return "";
}

std::string_view name_of(RedriveError error) noexcept {
  switch (error) {
    case RedriveError::none: return "";
    case RedriveError::not_dead: return "not-dead";
    case RedriveError::not_told: return "not-reached";
    case RedriveError::full: return "full";
  }
  return "";
}

}  // namespace millrace::delivery
