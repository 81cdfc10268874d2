#include "millrace/broker/topic_config.hpp"

#include <algorithm>

#include "config_values.hpp"
#include "millrace/cloudevents/kafka.hpp"
#include "millrace/core/check.hpp"
#include "millrace/core/escaped.hpp"

namespace millrace::broker {

namespace {

ConfigVerdict invalid(std::string message) { return {ErrorCode::invalid_config, std::move(message)}; }

template <cloudevents::Validation validation, cloudevents::Unmarked unmarked>
std::optional<std::string> broken_rule(const record::RecordView& record) {
  const auto fault = cloudevents::check_record(record.headers, record.header_count, record.value, validation, unmarked);
  if (!fault) return std::nullopt;
  return fault->detail + " (" + fault->rule + ")";
}

using cloudevents::Unmarked, cloudevents::Validation;
constexpr record::RecordRule is_event = broken_rule<Validation::binary_or_structured, Unmarked::refused>;
constexpr record::RecordRule is_event_or_unmarked = broken_rule<Validation::binary_or_structured, Unmarked::recognised>;
constexpr record::RecordRule is_strict_event = broken_rule<Validation::strict, Unmarked::refused>;

/// What `map` says of `name`. A value that another version let in and this one does not know counts as not said.
const std::string* said_of(std::string_view name, const ConfigMap& map) {
  const auto found = map.find(name);
  if (found == map.end() || check_config(name, found->second).error != ErrorCode::none) return nullptr;
  return &found->second;
}

/// The value in force, with the table's default as the last resort.
std::string_view value_of(std::string_view name, const BrokerDefaults& broker, const ConfigMap& topic) {
  for (const auto* map : {&topic, &broker.dynamic_broker, &broker.dynamic_cluster, &broker.file}) {
    if (const auto* said = said_of(name, *map)) return *said;
  }
  const auto* key = find_config_key(name);
  CHECK(key != nullptr, "only keys of the table are asked for");
  return key->default_value;
}

}  // namespace

ConfigVerdict check_config(std::string_view name, const std::optional<std::string>& value) {
  const auto* key = find_config_key(name);
  if (key == nullptr) {
    const bool kafkas = std::ranges::find(config_keys_not_honoured(), name) != config_keys_not_honoured().end();
    return invalid("topic configuration " + escaped(name) +
                   (kafkas ? " is Kafka's, but this version does not honour it" : " is not known"));
  }
  const auto key_text = "topic configuration " + std::string(name);
  if (!value) return invalid(key_text + " has no value");
  if (key->type == ConfigType::float64) {
    const auto number = real_number(*value);
    if (number && *number >= static_cast<double>(key->min) && *number <= static_cast<double>(key->max)) return {};
    return invalid(key_text + " is \"" + escaped(*value) + "\", but must be a number from " + std::to_string(key->min) +
                   " to " + std::to_string(key->max));
  }
  if (key->words.empty()) {
    const auto number = whole_number(*value);
    if (number && *number >= key->min && *number <= key->max) return {};
    return invalid(key_text + " is \"" + escaped(*value) + "\", but must be a whole number from " +
                   std::to_string(key->min) + " to " + std::to_string(key->max));
  }
  if (key->type == ConfigType::list) {
    if (is_list_of(key->words, *value)) return {};
    return invalid(key_text + " is \"" + escaped(*value) +
                   "\", but must be a list of these, each at most once: " + explained(key->words));
  }
  if (is_word_of(key->words, *value)) return {};
  return invalid(key_text + " is \"" + escaped(*value) + "\", but must be one of: " + explained(key->words));
}

TopicSettings resolve(const BrokerDefaults& defaults, const ConfigMap& topic) {
  const auto text = [&](std::string_view name) { return value_of(name, defaults, topic); };
  const auto number = [&](std::string_view name) {
    const auto value = whole_number(text(name));
    CHECK(value.has_value(), "values in force follow their rules");
    return *value;
  };
  const auto narrow = [&](std::string_view name) { return static_cast<std::int32_t>(number(name)); };

  TopicSettings settings;
  settings.log.segment_bytes = number("segment.bytes");
  settings.log.segment_ms = number("segment.ms");
  settings.log.segment_jitter_ms = number("segment.jitter.ms");
  settings.log.index_interval_bytes = narrow("index.interval.bytes");
  settings.log.index_bytes_max = narrow("segment.index.bytes");
  settings.log.preallocate = text("preallocate") == "true";
  settings.retention.bytes = number("retention.bytes");
  settings.retention.ms = number("retention.ms");
  const auto policy = text("cleanup.policy");
  settings.retention.delete_enabled = policy.find("delete") != std::string_view::npos;
  settings.compaction.enabled = policy.find("compact") != std::string_view::npos;
  settings.compaction.tombstone_ms = number("delete.retention.ms");
  settings.compaction.lag_ms_min = number("min.compaction.lag.ms");
  settings.compaction.lag_ms_max = number("max.compaction.lag.ms");
  settings.compaction.dirty_ratio_min = real_number(text("min.cleanable.dirty.ratio")).value_or(0);
  settings.rules.keys_required = settings.compaction.enabled;
  // What lies in the active segment is never compacted.
  if (settings.compaction.enabled) {
    settings.log.segment_ms = std::min(settings.log.segment_ms, settings.compaction.lag_ms_max);
  }
  settings.rules.batch_bytes_max = narrow("max.message.bytes");
  settings.rules.timestamp_type = text("message.timestamp.type") == "LogAppendTime"
                                      ? record::TimestampType::log_append_time
                                      : record::TimestampType::create_time;
  settings.rules.timestamp_before_max_ms = number("message.timestamp.before.max.ms");
  settings.rules.timestamp_after_max_ms = number("message.timestamp.after.max.ms");
  settings.takes_dead_letters = text("errors.deadletterqueue.group.enable") == "true";
  settings.letters_retention = Milliseconds(number("millrace.letters.retention.ms"));
  settings.settled_letters_retention = Milliseconds(number("millrace.letters.settled.retention.ms"));
  const auto codec = text("compression.type");
  if (codec == "uncompressed") settings.rules.recompress = record::Codec::none;
  if (codec == "gzip") settings.rules.recompress = record::Codec::gzip;
  if (codec == "snappy") settings.rules.recompress = record::Codec::snappy;
  if (codec == "lz4") settings.rules.recompress = record::Codec::lz4;
  if (codec == "zstd") settings.rules.recompress = record::Codec::zstd;
  const auto durability = parse_durability(text("millrace.durability"));
  CHECK(durability.has_value(), "values in force follow their rules");
  settings.durability = *durability;
  settings.flush.messages = number("flush.messages");
  settings.flush.ms = number("flush.ms");
  settings.file_delete_delay = Milliseconds(number("file.delete.delay.ms"));
  settings.events.fields = split(text("cloudevents.http.fields"));
  std::erase(settings.events.fields, "none");
  if (const auto mapper = text("cloudevents.key.mapper"); mapper != "none") settings.events.key_attribute = mapper;
  settings.events.dedupe_window = Milliseconds(number("cloudevents.dedupe.window.ms"));
  settings.events.is_at_its_time = text("cloudevents.timestamp") == "time";
  const auto storage = text("cloudevents.storage.mode");
  if (storage == "structured") settings.events.storage = EventStorage::structured;
  if (storage == "preserve") settings.events.storage = EventStorage::preserve;
  const auto validation = text("cloudevents.validation");
  settings.events.is_strict = validation == "strict";
  settings.events.takes_raw = text("cloudevents.raw.adapter") == "on";
  settings.events.knows_unmarked = text("cloudevents.sniff.unmarked") == "on";
  if (validation == "binary-or-structured") {
    settings.rules.rule = settings.events.knows_unmarked ? is_event_or_unmarked : is_event;
  }
  if (settings.events.is_strict) settings.rules.rule = is_strict_event;
  settings.rules.puts_aside = text("cloudevents.on.invalid") == "quarantine";
  return settings;
}

std::vector<ConfigFact> describe(const BrokerDefaults& defaults, const ConfigMap& topic) {
  std::vector<ConfigFact> facts;
  facts.reserve(config_keys().size());
  for (const auto& key : config_keys()) {
    ConfigFact fact;
    fact.name = key.name;
    fact.type = key.type;
    fact.documentation = key.documentation;
    if (const auto* said = said_of(key.name, topic)) {
      fact.synonyms.push_back({fact.name, *said, ConfigSource::topic});
    }
    const auto follow = [&](const ConfigMap& map, ConfigSource source) {
      if (const auto* said = said_of(key.name, map)) {
        fact.synonyms.push_back({std::string(key.broker_name), *said, source});
      }
    };
    follow(defaults.dynamic_broker, ConfigSource::dynamic_broker);
    follow(defaults.dynamic_cluster, ConfigSource::dynamic_default_broker);
    follow(defaults.file, ConfigSource::static_broker);
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
