#include "millrace/broker/topic_config.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "millrace/core/check.hpp"
#include "millrace/core/escaped.hpp"
#include "millrace/core/limits.hpp"

namespace millrace::broker {

namespace {

constexpr std::int64_t int_max = INT32_MAX;
constexpr std::int64_t long_max = INT64_MAX;

using enum ConfigType;

// Name, broker's name, type, default, least, most, words, documentation. Defaults are Kafka's, but for preallocate and
// millrace.durability. The least segment.bytes is far below Kafka's 1 MiB so that retention can be tried out; it still
// keeps a stranger from making a file of every record.
constexpr std::array<ConfigKey, 15> table{{
    {"cleanup.policy", "log.cleanup.policy", list, "delete", 0, 0, "delete",
     "What happens to old records: with \"delete\" whole segments go once retention.ms or retention.bytes says so."},
    {"compression.type", "compression.type", string, "producer", 0, 0, "producer uncompressed gzip snappy lz4 zstd",
     "How batches are stored. \"producer\" keeps them as they were sent; any other value compresses them anew."},
    {"index.interval.bytes", "log.index.interval.bytes", int32, "4096", 0, int_max, "",
     "About how many bytes of records lie between two entries of a segment's indexes."},
    {"max.message.bytes", "message.max.bytes", int32, "1048588", 0, limits::request_bytes_max, "",
     "The largest record batch, compressed and with its header, that producers may send."},
    {"message.timestamp.after.max.ms", "log.message.timestamp.after.max.ms", int64, "3600000", 0, long_max, "",
     "How far a record's timestamp may lie after the broker's clock. Not used with LogAppendTime."},
    {"message.timestamp.before.max.ms", "log.message.timestamp.before.max.ms", int64, "9223372036854775807", 0,
     long_max, "", "How far a record's timestamp may lie before the broker's clock. Not used with LogAppendTime."},
    {"message.timestamp.type", "log.message.timestamp.type", string, "CreateTime", 0, 0, "CreateTime LogAppendTime",
     "Whether a record's timestamp is the producer's or the time at which the broker appended it."},
    {"millrace.durability", "durability", string, "fsync", 0, 0, "fsync interval os",
     "When an append is answered and seen by consumers: \"fsync\" once it is on stable storage, \"interval\" and "
     "\"os\" "
     "once it is written, with a flush every so often or when the system likes. Only fsync survives a power cut."},
    {"min.insync.replicas", "min.insync.replicas", int32, "1", 1, 1, "",
     "How many replicas must have a record before acks=all is answered. This version keeps one."},
    {"preallocate", "log.preallocate", boolean, "true", 0, 0, "true false",
     "Whether blocks are reserved ahead of the end of a segment, which makes flushing cheaper."},
    {"retention.bytes", "log.retention.bytes", int64, "-1", -1, long_max, "",
     "How many bytes one partition keeps before its oldest segments go; -1 is without limit."},
    {"retention.ms", "log.retention.ms", int64, "604800000", -1, long_max, "",
     "How long a segment is kept after its newest record; -1 is without limit."},
    {"segment.bytes", "log.segment.bytes", int32, "1073741824", 64 * limits::KiB, int_max, "",
     "The size at which a new segment is begun. Retention deletes whole segments."},
    {"segment.index.bytes", "log.index.size.max.bytes", int32, "10485760", 1024, int_max, "",
     "The size at which a segment's index is full and a new segment is begun."},
    {"segment.ms", "log.roll.ms", int64, "604800000", 1, long_max, "",
     "The age of its first record at which a segment is closed even if it is not full."},
}};

/// Kafka has these; accepting one without honouring it would be a lie.
constexpr std::string_view not_honoured[] = {
    "compression.gzip.level",
    "compression.lz4.level",
    "compression.zstd.level",
    "delete.retention.ms",
    "errors.deadletterqueue.group.enable",
    "file.delete.delay.ms",
    "flush.messages",
    "flush.ms",
    "follower.replication.throttled.replicas",
    "leader.replication.throttled.replicas",
    "local.retention.bytes",
    "local.retention.ms",
    "max.compaction.lag.ms",
    "message.downconversion.enable",
    "message.format.version",
    "message.timestamp.difference.max.ms",
    "min.cleanable.dirty.ratio",
    "min.compaction.lag.ms",
    "remote.log.copy.disable",
    "remote.log.delete.on.disable",
    "remote.storage.enable",
    "segment.jitter.ms",
    "unclean.leader.election.enable",
};

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_word_of(std::string_view words, std::string_view value) {
  while (!words.empty()) {
    const auto end = std::min(words.find(' '), words.size());
    if (words.substr(0, end) == value) return true;
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return false;
}

ConfigVerdict invalid(std::string message) { return {ErrorCode::invalid_config, std::move(message)}; }

/// What `map` says of `name`. A value that another version let in and this one does not know counts as not said.
const std::string* said_of(std::string_view name, const ConfigMap& map) {
  const auto found = map.find(name);
  if (found == map.end() || check_config(name, found->second).error != ErrorCode::none) return nullptr;
  return &found->second;
}

/// The value in force, with the table's default as the last resort.
std::string_view value_of(std::string_view name, const ConfigMap& broker, const ConfigMap& topic) {
  for (const auto* map : {&topic, &broker}) {
    if (const auto* said = said_of(name, *map)) return *said;
  }
  const auto* key = find_config_key(name);
  CHECK(key != nullptr, "only keys of the table are asked for");
  return key->default_value;
}

}  // namespace

std::span<const ConfigKey> config_keys() { return table; }

std::span<const std::string_view> config_keys_not_honoured() { return not_honoured; }

const ConfigKey* find_config_key(std::string_view name) {
  const auto found = std::ranges::lower_bound(table, name, {}, &ConfigKey::name);
  return found != table.end() && found->name == name ? &*found : nullptr;
}

ConfigVerdict check_config(std::string_view name, const std::optional<std::string>& value) {
  const auto* key = find_config_key(name);
  if (key == nullptr) {
    const bool kafkas = std::ranges::find(not_honoured, name) != std::end(not_honoured);
    return invalid("topic configuration " + escaped(name) +
                   (kafkas ? " is Kafka's, but this version does not honour it" : " is not known"));
  }
  const auto key_text = "topic configuration " + std::string(name);
  if (!value) return invalid(key_text + " has no value");
  if (key->words.empty()) {
    const auto number = whole_number(*value);
    if (number && *number >= key->min && *number <= key->max) return {};
    return invalid(key_text + " is \"" + escaped(*value) + "\", but must be a whole number from " +
                   std::to_string(key->min) + " to " + std::to_string(key->max));
  }
  if (is_word_of(key->words, *value)) return {};
  if (name == "cleanup.policy" && value->find("compact") != std::string::npos) {
    return invalid(key_text + " is \"" + escaped(*value) + "\", but compaction is not served yet by this version");
  }
  return invalid(key_text + " is \"" + escaped(*value) + "\", but must be one of: " + std::string(key->words));
}

TopicSettings resolve(const ConfigMap& broker_defaults, const ConfigMap& topic) {
  const auto text = [&](std::string_view name) { return value_of(name, broker_defaults, topic); };
  const auto number = [&](std::string_view name) {
    const auto value = whole_number(text(name));
    CHECK(value.has_value(), "values in force follow their rules");
    return *value;
  };
  const auto narrow = [&](std::string_view name) { return static_cast<std::int32_t>(number(name)); };

  TopicSettings settings;
  settings.log.segment_bytes = number("segment.bytes");
  settings.log.segment_ms = number("segment.ms");
  settings.log.index_interval_bytes = narrow("index.interval.bytes");
  settings.log.index_bytes_max = narrow("segment.index.bytes");
  settings.log.preallocate = text("preallocate") == "true";
  settings.retention.bytes = number("retention.bytes");
  settings.retention.ms = number("retention.ms");
  settings.retention.delete_enabled = text("cleanup.policy") == "delete";
  settings.rules.batch_bytes_max = narrow("max.message.bytes");
  settings.rules.timestamp_type = text("message.timestamp.type") == "LogAppendTime"
                                      ? record::TimestampType::log_append_time
                                      : record::TimestampType::create_time;
  settings.rules.timestamp_before_max_ms = number("message.timestamp.before.max.ms");
  settings.rules.timestamp_after_max_ms = number("message.timestamp.after.max.ms");
  const auto codec = text("compression.type");
  if (codec == "uncompressed") settings.rules.recompress = record::Codec::none;
  if (codec == "gzip") settings.rules.recompress = record::Codec::gzip;
  if (codec == "snappy") settings.rules.recompress = record::Codec::snappy;
  if (codec == "lz4") settings.rules.recompress = record::Codec::lz4;
  if (codec == "zstd") settings.rules.recompress = record::Codec::zstd;
  const auto durability = parse_durability(text("millrace.durability"));
  CHECK(durability.has_value(), "values in force follow their rules");
  settings.durability = *durability;
  return settings;
}

std::vector<ConfigFact> describe(const ConfigMap& broker_defaults, const ConfigMap& topic) {
  std::vector<ConfigFact> facts;
  facts.reserve(table.size());
  for (const auto& key : table) {
    ConfigFact fact;
    fact.name = key.name;
    fact.type = key.type;
    fact.documentation = key.documentation;
    if (const auto* said = said_of(key.name, topic)) {
      fact.synonyms.push_back({fact.name, *said, ConfigSource::topic});
    }
    if (const auto* said = said_of(key.name, broker_defaults)) {
      fact.synonyms.push_back({std::string(key.broker_name), *said, ConfigSource::static_broker});
    }
    fact.synonyms.push_back(
        {std::string(key.broker_name), std::string(key.default_value), ConfigSource::default_config});
    fact.value = fact.synonyms.front().value;
    fact.source = fact.synonyms.front().source;
    facts.push_back(std::move(fact));
  }
  return facts;
}

std::string_view name_of(Durability durability) noexcept {
  switch (durability) {
    case Durability::fsync: return "fsync";
    case Durability::interval: return "interval";
    case Durability::os: return "os";
  }
  return "fsync";
}

std::optional<Durability> parse_durability(std::string_view text) noexcept {
  for (const auto durability : {Durability::fsync, Durability::interval, Durability::os}) {
    if (text == name_of(durability)) return durability;
  }
  return std::nullopt;
}

}  // namespace millrace::broker
