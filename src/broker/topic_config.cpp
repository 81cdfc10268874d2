#include "millrace/broker/topic_config.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "millrace/cloudevents/kafka.hpp"
#include "millrace/core/check.hpp"
#include "millrace/core/escaped.hpp"
#include "millrace/core/limits.hpp"

namespace millrace::broker {

namespace {

constexpr std::int64_t int_max = INT32_MAX;
constexpr std::int64_t long_max = INT64_MAX;
constexpr std::int64_t dedupe_window_ms_max = 604'800'000;  // a week: who repeats an event does so sooner

using enum ConfigType;

// Name, broker's name, type, default, least, most, words, documentation. Defaults are Kafka's, but for preallocate,
// millrace.durability, and file.delete.delay.ms, which is a minute there: here a full disk gets its room back at once.
// The least segment.bytes is far below Kafka's 1 MiB so that retention can be tried out; it still keeps a stranger from
// making a file of every record.
constexpr std::array<ConfigKey, 33> table{{
    {"cleanup.policy", "log.cleanup.policy", list, "delete", 0, 0, "compact delete",
     "What happens to old records: with \"delete\" whole segments go once retention.ms or retention.bytes says so, "
     "with \"compact\" a record goes once there is a later one with its key; with both, both. With \"compact\" every "
     "record must have a key."},
    {"cloudevents.dedupe.window.ms", "cloudevents.dedupe.window.ms", int64, "0", 0, dedupe_window_ms_max, "",
     "For how long an event is remembered by its source and id, so that a repeat in the same partition is not stored "
     "again; 0 for not at all."},
    {"cloudevents.http.fields", "cloudevents.http.fields", list, "none", 0, 0, "none <field>",
     "Header fields of a request to publish over HTTP, in lower case, that are stored beside the event: as record "
     "headers named http_<field>, traceparent and tracestate by their own names. They do not become part of the "
     "event."},
    {"cloudevents.key.mapper", "cloudevents.key.mapper", string, "partitionkey", 0, 0, "none <attribute>",
     "The attribute of an event published over HTTP whose value becomes the record's key, unless the request names a "
     "key; none for no key."},
    {"cloudevents.on.invalid", "cloudevents.on.invalid", string, "reject", 0, 0, "reject",
     "What happens to a record that cloudevents.validation does not let pass. \"reject\" refuses its batch with "
     "INVALID_RECORD."},
    {"cloudevents.raw.adapter", "cloudevents.raw.adapter", string, "off", 0, 0, "off on",
     "Whether a request to publish over HTTP that says nothing of an event is refused, or becomes an event of type "
     "dev.millrace.record whose data is its body."},
    {"cloudevents.sniff.unmarked", "cloudevents.sniff.unmarked", string, "off", 0, 0, "off on",
     "Whether a record without ce_ headers whose value is a CloudEvent in JSON counts as one though its content-type "
     "does not say so. Old Python clients write such records."},
    {"cloudevents.storage.mode", "cloudevents.storage.mode", string, "binary", 0, 0, "binary structured preserve",
     "How an event published over HTTP is stored: attributes as headers beside the data, or one JSON object as the "
     "value, or as it was sent."},
    {"cloudevents.timestamp", "cloudevents.timestamp", string, "arrival", 0, 0, "arrival time",
     "Whether the timestamp of an event published over HTTP is that of its arrival or its attribute time."},
    {"cloudevents.validation", "cloudevents.validation", string, "none", 0, 0, "none binary-or-structured strict",
     "What a record must be that comes over Kafka's protocol: anything; a CloudEvent whose required attributes are "
     "right; or one that keeps every rule. With \"strict\" nothing is forgiven in header fields over HTTP either."},
    {"compression.type", "compression.type", string, "producer", 0, 0, "producer uncompressed gzip snappy lz4 zstd",
     "How batches are stored. \"producer\" keeps them as they were sent; any other value compresses them anew."},
    {"delete.retention.ms", "log.cleaner.delete.retention.ms", int64, "86400000", 0, long_max, "",
     "How long compaction keeps a record without value, which deletes its key, so that readers come to know of it."},
    {"file.delete.delay.ms", "log.segment.delete.delay.ms", int64, "0", 0, long_max, "",
     "How long the files of a deleted segment or topic stay, renamed to .deleted; a restart removes them sooner. What "
     "compaction has rewritten goes at once."},
    {"flush.messages", "log.flush.interval.messages", int64, "9223372036854775807", 1, long_max, "",
     "With millrace.durability interval or os: the append that makes this many records not flushed yet is answered "
     "once they are. With fsync every append is."},
    {"flush.ms", "log.flush.interval.ms", int64, "9223372036854775807", 0, long_max, "",
     "With millrace.durability interval or os: a record is flushed after this time at the latest."},
    {"index.interval.bytes", "log.index.interval.bytes", int32, "4096", 0, int_max, "",
     "About how many bytes of records lie between two entries of a segment's indexes."},
    {"max.compaction.lag.ms", "log.cleaner.max.compaction.lag.ms", int64, "9223372036854775807", 1, long_max, "",
     "After how long a record is compacted at the latest, whatever min.cleanable.dirty.ratio says. Segments are closed "
     "at this age, too."},
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
    {"min.cleanable.dirty.ratio", "log.cleaner.min.cleanable.ratio", float64, "0.5", 0, 1, "",
     "Compaction begins when more than this part of the closed segments' bytes is new since the last time."},
    {"min.compaction.lag.ms", "log.cleaner.min.compaction.lag.ms", int64, "0", 0, long_max, "",
     "How long a record is not compacted."},
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
    {"segment.jitter.ms", "log.roll.jitter.ms", int64, "0", 0, long_max, "",
     "By how much at most a segment is closed before segment.ms, for each by another part of it, so that not all "
     "partitions close theirs at once."},
    {"segment.ms", "log.roll.ms", int64, "604800000", 1, long_max, "",
     "The age of its first record at which a segment is closed even if it is not full."},
    {"unclean.leader.election.enable", "unclean.leader.election.enable", boolean, "false", 0, 0, "true false",
     "Whether a replica that lacks records may come to lead. This version keeps one replica, which lacks none, so that "
     "either value holds."},
}};

/// Kafka has these; accepting one without honouring it would be a lie.
constexpr std::string_view not_honoured[] = {
    "compression.gzip.level",
    "compression.lz4.level",
    "compression.zstd.level",
    "errors.deadletterqueue.group.enable",
    "follower.replication.throttled.replicas",
    "leader.replication.throttled.replicas",
    "local.retention.bytes",
    "local.retention.ms",
    "message.downconversion.enable",
    "message.format.version",
    "message.timestamp.difference.max.ms",
    "remote.log.copy.disable",
    "remote.log.delete.on.disable",
    "remote.storage.enable",
};

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> real_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::general);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// What a CloudEvents attribute may be called.
bool is_attribute(std::string_view value) {
  return !value.empty() &&
         std::ranges::all_of(value, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
}

constexpr std::string_view any_attribute = "<attribute>";

/// What may be kept of a request beside its event: no attribute, nothing that is about the connection, no secret.
bool is_field(std::string_view value) {
  constexpr std::string_view kept_out[] = {"authorization",
                                           "connection",
                                           "content-length",
                                           "content-type",
                                           "cookie",
                                           "expect",
                                           "host",
                                           "keep-alive",
                                           "millrace-key",
                                           "millrace-key-base64",
                                           "none",
                                           "proxy-authorization",
                                           "te",
                                           "trailer",
                                           "transfer-encoding",
                                           "upgrade"};
  return !value.empty() && !value.starts_with("ce-") && std::ranges::find(kept_out, value) == std::end(kept_out) &&
         std::ranges::all_of(
             value, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'; });
}

constexpr std::string_view any_field = "<field>";

bool is_word_of(std::string_view words, std::string_view value) {
  while (!words.empty()) {
    const auto end = std::min(words.find(' '), words.size());
    const auto word = words.substr(0, end);
    const bool is_it = word == any_attribute ? is_attribute(value)
                       : word == any_field   ? is_field(value)
                                             : word == value;
    if (is_it) return true;
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return false;
}

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> words(1);
  for (const char c : list) {
    if (c == ',') {
      words.emplace_back();
    } else {
      words.back() += c;
    }
  }
  return words;
}

/// Words between commas, none of them twice.
bool is_list_of(std::string_view words, std::string_view value) {
  auto said = split(value);
  std::ranges::sort(said);
  const auto is_known = [&](const std::string& word) { return is_word_of(words, word); };
  return std::ranges::all_of(said, is_known) && std::ranges::adjacent_find(said) == said.end();
}

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

std::span<const ConfigKey> config_keys() { return table; }

std::span<const std::string_view> config_keys_not_honoured() { return not_honoured; }

const ConfigKey* find_config_key(std::string_view name) {
  const auto found = std::ranges::lower_bound(table, name, {}, &ConfigKey::name);
  return found != table.end() && found->name == name ? &*found : nullptr;
}

const ConfigKey* find_broker_key(std::string_view broker_name) {
  const auto found = std::ranges::find(table, broker_name, &ConfigKey::broker_name);
  return found == table.end() ? nullptr : &*found;
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
                   "\", but must be a list of these, each at most once: " + std::string(key->words));
  }
  if (is_word_of(key->words, *value)) return {};
  return invalid(key_text + " is \"" + escaped(*value) + "\", but must be one of: " + std::string(key->words));
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
  return settings;
}

std::vector<ConfigFact> describe(const BrokerDefaults& defaults, const ConfigMap& topic) {
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
