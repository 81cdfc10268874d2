#pragma once
// The one table of topic configurations: what each key is called, what it may hold, what it means, which key of the
// broker it follows when a topic says nothing. Creating, resolving and describing all read this table.
//
// Values travel as text, as in Kafka: a topic holds what was set on it, the broker what its operator configured, the
// table the rest. Pure values; any thread. A key that Kafka knows and this version does not honour is refused by name:
// a setting that is accepted means something. What a client may set is check_config()'s word alone.

#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "millrace/core/error_code.hpp"
#include "millrace/core/time.hpp"
#include "millrace/log/log.hpp"
#include "millrace/record/validate.hpp"

namespace millrace::broker {

/// When an append is answered and seen: after fdatasync; after the write, with a flush every so often; after the write,
/// flushed when the system likes. Only `fsync` survives a power cut.
enum class Durability : std::uint8_t { fsync, interval, os };

/// How much may be written and not flushed under `interval` and `os`.
struct FlushBounds {
  std::int64_t messages = std::numeric_limits<std::int64_t>::max();  ///< so many wait for a flush, as under fsync
  std::int64_t ms = std::numeric_limits<std::int64_t>::max();
};

/// Key → value. Keys are topic keys ("retention.ms"), also in the broker's map of defaults.
using ConfigMap = std::map<std::string, std::string, std::less<>>;

/// The numbers of DescribeConfigs.
enum class ConfigType : std::int8_t { boolean = 1, string = 2, int32 = 3, int16 = 4, int64 = 5, float64 = 6, list = 7 };
enum class ConfigSource : std::int8_t {
  topic = 1,
  dynamic_broker = 2,          ///< set on this broker by a client
  dynamic_default_broker = 3,  ///< set on all brokers by a client
  static_broker = 4,           ///< in the broker's file
  default_config = 5,
  group = 8,  ///< set on a group
};

/// What the text must be: one of `words`, or a list of them; or a number in [min, max], whole but for float64.
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
/// By the name that a broker has for it; null when there is none.
[[nodiscard]] const ConfigKey* find_broker_key(std::string_view broker_name);
/// Topic configurations of Kafka that are refused by name, in alphabetical order.
[[nodiscard]] std::span<const std::string_view> config_keys_not_honoured();

/// none, or invalid_config and a sentence that names key, value and rule.
struct ConfigVerdict {
  ErrorCode error = ErrorCode::none;
  std::string message;
};
[[nodiscard]] ConfigVerdict check_config(std::string_view name, const std::optional<std::string>& value);

/// What topics follow that say nothing themselves: the first of these that has a value counts.
struct BrokerDefaults {
  ConfigMap dynamic_broker;
  ConfigMap dynamic_cluster;
  ConfigMap file;

  BrokerDefaults() = default;
  /// Nothing but the broker's file.
  BrokerDefaults(ConfigMap from_file) : file(std::move(from_file)) {}  // NOLINT: a file's values are defaults
};

/// How an event that came over HTTP becomes a record, and what a repeat is.
enum class EventStorage : std::uint8_t { binary, structured, preserve };
struct EventSettings {
  EventStorage storage = EventStorage::binary;
  std::string key_attribute;        ///< whose value becomes the key; empty: none does
  bool is_at_its_time = false;      ///< its timestamp is that of the event, not of its arrival
  Milliseconds dedupe_window{0};    ///< within it a repeat is not stored again, over whatever door it comes; 0: it is
  bool is_strict = false;           ///< nothing is forgiven in its header fields
  std::vector<std::string> fields;  ///< header fields of a request that are kept beside the event, in lower case
  bool takes_raw = false;           ///< a request that is no event is made one
  bool knows_unmarked = false;      ///< a record in JSON that is an event but for its headers counts as one
};

/// What a topic runs by once every default is filled in.
struct TopicSettings {
  log::Config log;
  log::Retention retention;
  log::Compaction compaction;
  record::Rules rules;
  Durability durability = Durability::fsync;
  FlushBounds flush;
  Milliseconds file_delete_delay{0};
  EventSettings events;
  bool takes_dead_letters = false;  ///< the broker may write dead letters to it
  /// How long after their death letters that lie in it stay: any, and those that nobody needs any more. Negative: for
  /// good.
  Milliseconds letters_retention{-1};
  Milliseconds settled_letters_retention{-1};
};

/// An entry that check_config would refuse is passed over: stored values may be of another version. The broker's own
/// durability stands in its map as "millrace.durability".
[[nodiscard]] TopicSettings resolve(const BrokerDefaults& defaults, const ConfigMap& topic);

struct ConfigSynonym {
  std::string name;
  std::optional<std::string> value;
  ConfigSource source = ConfigSource::default_config;
};
/// One row of DescribeConfigs (v1 to v4). No key of a topic is read-only, none is sensitive.
struct ConfigFact {
  std::string name;
  std::optional<std::string> value;  ///< nothing: not set, and there is no default
  ConfigSource source = ConfigSource::default_config;
  ConfigType type = ConfigType::string;
  std::vector<ConfigSynonym> synonyms;  ///< every place that gives a value, the one in force first
  std::string_view documentation;       ///< of static lifetime
  bool read_only = false;
  bool is_sensitive = false;
};
using ConfigFactsPtr = std::shared_ptr<const std::vector<ConfigFact>>;

/// A key of the broker's own file.
struct FileKey {
  std::string name;        ///< "retention_ms"
  std::string kafka_name;  ///< "log.retention.ms"; the same as `name` where Kafka has none
  bool is_reloadable = false;
};
using FileKeysPtr = std::shared_ptr<const std::vector<FileKey>>;

/// Every key with its value in force, in alphabetical order.
[[nodiscard]] std::vector<ConfigFact> describe(const BrokerDefaults& defaults, const ConfigMap& topic);

[[nodiscard]] std::string_view name_of(Durability durability) noexcept;
[[nodiscard]] std::optional<Durability> parse_durability(std::string_view text) noexcept;

}  // namespace millrace::broker
