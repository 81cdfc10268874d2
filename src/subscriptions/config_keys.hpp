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
  void (*put)(Config&, std::int64_t);  ///< `none` for a key that may_be_none()
};
inline constexpr std::int64_t none = -1;

/// Without `topic`, `deadlettertopic`, `startfrom`, `retryon` and `failon`, which are no numbers and no words.
[[nodiscard]] std::span<const ConfigKey> config_keys();

/// Its default is that there is none, which can be said, too: "none".
[[nodiscard]] bool may_be_none(const ConfigKey& key);

/// Why the key cannot have that value; nothing when it has it now. Booleans are the words "false" and "true".
[[nodiscard]] std::optional<std::string> set_config(Config& config, Protocol protocol, std::string_view name,
                                                    std::string_view value);

/// Its bit in Config::own; 0 for what cannot be inherited: `topic`, `deadlettertopic`, `startfrom`, and what is no key.
[[nodiscard]] std::uint32_t bit_of(std::string_view name);
/// Each that can be inherited, by name, with its bit and where it means something.
struct Inheritable {
  std::string_view name;
  std::uint32_t bit;
  KeyOf of;
};
[[nodiscard]] std::span<const Inheritable> inheritable();

/// "10" or "key"; nothing for a key without a value.
[[nodiscard]] std::optional<std::string> text_of(const ConfigKey& key, const Config& config);

[[nodiscard]] std::string text_of(const Start& start);

}  // namespace millrace::subscriptions
