#pragma once
// The one table of topic configurations: what each key is called, what it may hold, what it means, which key of the
// broker it follows when a topic says nothing. Creating, resolving and describing all read this table.
//
// Values travel as text, as in Kafka: a topic holds what was set on it, the broker what its operator configured, the
// table the rest. Pure values; any thread. A key that Kafka knows and this version does not honour is refused by name:
// a setting that is accepted means something. What a client may set is check_config()'s word alone.

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/error_code.hpp"
#include "millrace/log/log.hpp"
#include "millrace/record/validate.hpp"

namespace millrace::broker {

/// When an append is answered and seen: after fdatasync; after the write, with a flush every so often; after the write,
/// flushed when the system likes. Only `fsync` survives a power cut.
enum class Durability : std::uint8_t { fsync, interval, os };

/// Key → value. Keys are topic keys ("retention.ms"), also in the broker's map of defaults.
using ConfigMap = std::map<std::string, std::string, std::less<>>;

/// The numbers of DescribeConfigs.
enum class ConfigType : std::int8_t { boolean = 1, string = 2, int32 = 3, int16 = 4, int64 = 5, float64 = 6, list = 7 };
enum class ConfigSource : std::int8_t { topic = 1, static_broker = 4, default_config = 5 };

/// What the text must be: one of `words`, or a whole number in [min, max].
struct ConfigKey {
  std::string_view name;
  std::string_view broker_name;  ///< Kafka's name of the broker-wide default; never empty
  ConfigType type = ConfigType::string;
  std::string_view default_value;
  std::int64_t min = 0;
  std::int64_t max = 0;
  std::string_view words;  ///< allowed values between blanks; empty for numbers
  std::string_view documentation;
};

/// In alphabetical order.
[[nodiscard]] std::span<const ConfigKey> config_keys();
[[nodiscard]] const ConfigKey* find_config_key(std::string_view name);
/// Topic configurations of Kafka that are refused by name, in alphabetical order.
[[nodiscard]] std::span<const std::string_view> config_keys_not_honoured();

/// none, or invalid_config and a sentence that names key, value and rule.
struct ConfigVerdict {
  ErrorCode error = ErrorCode::none;
  std::string message;
};
[[nodiscard]] ConfigVerdict check_config(std::string_view name, const std::optional<std::string>& value);

/// What a topic runs by once every default is filled in.
struct TopicSettings {
  log::Config log;
  log::Retention retention;
  record::Rules rules;
  Durability durability = Durability::fsync;
};

/// An entry that check_config would refuse is passed over: stored values may be of another version. The broker's own
/// durability stands in its map as "millrace.durability".
[[nodiscard]] TopicSettings resolve(const ConfigMap& broker_defaults, const ConfigMap& topic);

struct ConfigSynonym {
  std::string name;
  std::string value;
  ConfigSource source = ConfigSource::default_config;
};
/// One row of DescribeConfigs (v1 to v4). No key of a topic is read-only or sensitive.
struct ConfigFact {
  std::string name;
  std::string value;
  ConfigSource source = ConfigSource::default_config;
  ConfigType type = ConfigType::string;
  std::vector<ConfigSynonym> synonyms;  ///< every place that gives a value, the one in force first
  std::string_view documentation;
  bool read_only = false;
  bool is_sensitive = false;
};
/// Every key with its value in force, in alphabetical order.
[[nodiscard]] std::vector<ConfigFact> describe(const ConfigMap& broker_defaults, const ConfigMap& topic);

[[nodiscard]] std::string_view name_of(Durability durability) noexcept;
[[nodiscard]] std::optional<Durability> parse_durability(std::string_view text) noexcept;

}  // namespace millrace::broker
