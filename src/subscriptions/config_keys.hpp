#pragma once
// The keys of `config`, as a table: what each may be, how it is read from a text and written as one.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "millrace/subscriptions/subscription.hpp"

namespace millrace::subscriptions {

/// Where a key means something; it is refused elsewhere.
enum class KeyOf : std::uint8_t {
  any,
  http,  ///< it says how requests are made
  pull,  ///< it says when nothing is handed out
};
[[nodiscard]] constexpr bool is_of(KeyOf key, Protocol protocol) {
  if (key == KeyOf::any) return true;
  return (key == KeyOf::http) == (protocol == Protocol::http) && (key == KeyOf::pull) == (protocol == Protocol::pull);
}

struct ConfigKey {
  std::string_view name;
  std::string_view words;  ///< separated by spaces: one of these, which counts as its place; empty: a number
  std::int64_t least;
  std::int64_t most;
  KeyOf of;
  std::optional<std::int64_t> (*get)(const Config&);
  void (*put)(Config&, std::int64_t);
};

/// Without `topic`, `deadlettertopic`, `startfrom`, `retryon` and `failon`, which are no numbers and no words.
[[nodiscard]] std::span<const ConfigKey> config_keys();

/// Why the key cannot have that value; nothing when it has it now. Booleans are the words "false" and "true".
[[nodiscard]] std::optional<std::string> set_config(Config& config, Protocol protocol, std::string_view name,
                                                    std::string_view value);

/// "10" or "key"; nothing for a key without a value.
[[nodiscard]] std::optional<std::string> text_of(const ConfigKey& key, const Config& config);

[[nodiscard]] std::string text_of(const Start& start);

}  // namespace millrace::subscriptions
