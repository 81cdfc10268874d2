// The table of topic configurations, and who is looked up in it.

#include <algorithm>
#include <array>

#include "millrace/broker/topic_config.hpp"
#include "millrace/core/limits.hpp"

namespace millrace::broker {

namespace {

constexpr std::int64_t int_max = INT32_MAX;
constexpr std::int64_t long_max = INT64_MAX;
constexpr std::int64_t dedupe_window_ms_max = 604'800'000;  // a week: who repeats an event does so sooner
constexpr std::int64_t century_ms = std::int64_t{100} * 365 * 86'400'000;

using enum ConfigType;

// Name, broker's name, type, default, least, most, words, documentation. Defaults are Kafka's, but for preallocate,
// millrace.durability, and file.delete.delay.ms, which is a minute there: here a full disk gets its room back at once.
// The least segment.bytes is far below Kafka's 1 MiB so that retention can be tried out; it still keeps a stranger from
// making a file of every record.
constexpr std::array<ConfigKey, 36> table{{
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
    {"cloudevents.on.invalid", "cloudevents.on.invalid", string, "reject", 0, 0, "reject quarantine",
     "What happens to a record that cloudevents.validation does not let pass. \"reject\" refuses its batch with "
     "INVALID_RECORD. \"quarantine\" puts the record aside, as a dead letter in dlq.quarantine.<topic>, and stores "
     "the others."},
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
    {"errors.deadletterqueue.group.enable", "errors.deadletterqueue.group.enable", boolean, "false", 0, 0, "true false",
     "Whether dead letters of groups and subscriptions may be written to the topic, whose name has to begin with dlq."},
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
    {"millrace.letters.retention.ms", "millrace.letters.retention.ms", int64, "2592000000", -1, century_ms, "",
     "Of a topic of dead letters: how long after its death a letter stays that nobody has done anything about, unless "
     "its subscription says otherwise. Then it is discarded. -1 is for good."},
    {"millrace.letters.settled.retention.ms", "millrace.letters.settled.retention.ms", int64, "604800000", -1,
     century_ms, "",
     "Of a topic of dead letters: how long after its death a letter stays that is resolved, discarded or superseded. "
     "Then its record is deleted, as soon as every one before it in its partition may be. -1 is for good."},
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

}  // namespace millrace::broker
