#include "millrace/broker/topic_config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

namespace millrace::broker {
namespace {

using testing::HasSubstr;

ErrorCode checked(std::string_view key, const std::string& value) { return check_config(key, value).error; }

/// One key: what it is without being set, values that pass, values that do not, and what a good one does.
struct KeyCase {
  std::string_view key;
  std::string_view broker_key;
  std::string_view default_value;
  std::vector<std::string> good;
  std::vector<std::string> bad;
  std::string set_to;
  std::function<bool(const TopicSettings&)> takes_effect;
};

const std::vector<KeyCase>& cases() {
  static const std::vector<KeyCase> all{
      {"cleanup.policy",
       "log.cleanup.policy",
       "delete",
       {"delete", "compact", "compact,delete", "delete,compact"},
       {"", "keep", "compact,", ",delete", "delete,delete", "compact delete"},
       "compact",
       [](const TopicSettings& s) { return !s.retention.delete_enabled && s.compaction.enabled; }},
      {"cloudevents.dedupe.window.ms",
       "cloudevents.dedupe.window.ms",
       "0",
       {"0", "1", "604800000"},
       {"-1", "604800001", "1d"},
       "60000",
       [](const TopicSettings& s) { return s.events.dedupe_window == Milliseconds{60'000}; }},
      {"cloudevents.http.fields",
       "cloudevents.http.fields",
       "none",
       {"none", "x-request-id", "traceparent,tracestate"},
       {"", "X-Request-Id", "ce-id", "authorization", "host", "a,,b", "a,a", "a b"},
       "user-agent,via",
       [](const TopicSettings& s) { return s.events.fields == std::vector<std::string>{"user-agent", "via"}; }},
      {"cloudevents.key.mapper",
       "cloudevents.key.mapper",
       "partitionkey",
       {"none", "partitionkey", "subject", "source", "id", "tenant7"},
       {"", "Subject", "ce_subject", "*", "a b"},
       "subject",
       [](const TopicSettings& s) { return s.events.key_attribute == "subject"; }},
      {"cloudevents.on.invalid",
       "cloudevents.on.invalid",
       "reject",
       {"reject", "quarantine"},
       {"", "drop"},
       "quarantine",
       [](const TopicSettings& s) { return s.rules.puts_aside; }},
      {"cloudevents.raw.adapter",
       "cloudevents.raw.adapter",
       "off",
       {"off", "on"},
       {"", "true"},
       "on",
       [](const TopicSettings& s) { return s.events.takes_raw; }},
      {"cloudevents.sniff.unmarked",
       "cloudevents.sniff.unmarked",
       "off",
       {"off", "on"},
       {"", "true"},
       "on",
       [](const TopicSettings& s) { return s.events.knows_unmarked; }},
      {"cloudevents.storage.mode",
       "cloudevents.storage.mode",
       "binary",
       {"binary", "structured", "preserve"},
       {"", "batch"},
       "preserve",
       [](const TopicSettings& s) { return s.events.storage == EventStorage::preserve; }},
      {"cloudevents.timestamp",
       "cloudevents.timestamp",
       "arrival",
       {"arrival", "time"},
       {"", "now"},
       "time",
       [](const TopicSettings& s) { return s.events.is_at_its_time; }},
      {"cloudevents.validation",
       "cloudevents.validation",
       "none",
       {"none", "binary-or-structured", "strict"},
       {"", "lenient"},
       "strict",
       [](const TopicSettings& s) { return s.rules.rule != nullptr && s.events.is_strict; }},
      {"compression.type",
       "compression.type",
       "producer",
       {"producer", "uncompressed", "gzip", "snappy", "lz4", "zstd"},
       {"", "none", "brotli", "gzip snappy", "GZIP"},
       "lz4",
       [](const TopicSettings& s) { return s.rules.recompress == record::Codec::lz4; }},
      {"delete.retention.ms",
       "log.cleaner.delete.retention.ms",
       "86400000",
       {"0", "9223372036854775807"},
       {"-1", "1d"},
       "77",
       [](const TopicSettings& s) { return s.compaction.tombstone_ms == 77; }},
      {"errors.deadletterqueue.group.enable",
       "errors.deadletterqueue.group.enable",
       "false",
       {"true", "false"},
       {"", "yes"},
       "true",
       [](const TopicSettings& s) { return s.takes_dead_letters; }},
      {"file.delete.delay.ms",
       "log.segment.delete.delay.ms",
       "0",
       {"0", "60000", "9223372036854775807"},
       {"-1", "a minute"},
       "17",
       [](const TopicSettings& s) { return s.file_delete_delay == Milliseconds{17}; }},
      {"flush.messages",
       "log.flush.interval.messages",
       "9223372036854775807",
       {"1", "9223372036854775807"},
       {"0", "-1", "all"},
       "15",
       [](const TopicSettings& s) { return s.flush.messages == 15; }},
      {"flush.ms",
       "log.flush.interval.ms",
       "9223372036854775807",
       {"0", "9223372036854775807"},
       {"-1", "1s"},
       "16",
       [](const TopicSettings& s) { return s.flush.ms == 16; }},
      {"index.interval.bytes",
       "log.index.interval.bytes",
       "4096",
       {"0", "2147483647"},
       {"-1", "2147483648", "x"},
       "100",
       [](const TopicSettings& s) { return s.log.index_interval_bytes == 100; }},
      {"max.compaction.lag.ms",
       "log.cleaner.max.compaction.lag.ms",
       "9223372036854775807",
       {"1", "9223372036854775807"},
       {"0", "-1"},
       "78",
       [](const TopicSettings& s) { return s.compaction.lag_ms_max == 78; }},
      {"max.message.bytes",
       "message.max.bytes",
       "1048588",
       {"0", "104857600"},
       {"-1", "104857601", "1e6", " 1"},
       "5000",
       [](const TopicSettings& s) { return s.rules.batch_bytes_max == 5000; }},
      {"message.timestamp.after.max.ms",
       "log.message.timestamp.after.max.ms",
       "3600000",
       {"0", "9223372036854775807"},
       {"-1", "9223372036854775808", ""},
       "7",
       [](const TopicSettings& s) { return s.rules.timestamp_after_max_ms == 7; }},
      {"message.timestamp.before.max.ms",
       "log.message.timestamp.before.max.ms",
       "9223372036854775807",
       {"0", "9223372036854775807"},
       {"-1", "9223372036854775808", ""},
       "8",
       [](const TopicSettings& s) { return s.rules.timestamp_before_max_ms == 8; }},
      {"message.timestamp.type",
       "log.message.timestamp.type",
       "CreateTime",
       {"CreateTime", "LogAppendTime"},
       {"", "createtime", "NoTimestampType"},
       "LogAppendTime",
       [](const TopicSettings& s) { return s.rules.timestamp_type == record::TimestampType::log_append_time; }},
      {"millrace.durability",
       "durability",
       "fsync",
       {"fsync", "interval", "os"},
       {"", "none", "FSYNC"},
       "os",
       [](const TopicSettings& s) { return s.durability == Durability::os; }},
      {"millrace.letters.retention.ms",
       "millrace.letters.retention.ms",
       "2592000000",
       {"-1", "0", "3153600000000"},
       {"-2", "3153600000001", "1d", ""},
       "80",
       [](const TopicSettings& s) { return s.letters_retention == Milliseconds(80); }},
      {"millrace.letters.settled.retention.ms",
       "millrace.letters.settled.retention.ms",
       "604800000",
       {"-1", "0", "3153600000000"},
       {"-2", "3153600000001", "1d", ""},
       "81",
       [](const TopicSettings& s) { return s.settled_letters_retention == Milliseconds(81); }},
      {"min.cleanable.dirty.ratio",
       "log.cleaner.min.cleanable.ratio",
       "0.5",
       {"0", "0.01", "1", "1.0", "5e-1"},
       {"-0.1", "1.01", "nan", "inf", "half", "0,5", ""},
       "0.25",
       [](const TopicSettings& s) { return s.compaction.dirty_ratio_min == 0.25; }},
      {"min.compaction.lag.ms",
       "log.cleaner.min.compaction.lag.ms",
       "0",
       {"0", "9223372036854775807"},
       {"-1", "soon"},
       "79",
       [](const TopicSettings& s) { return s.compaction.lag_ms_min == 79; }},
      {"min.insync.replicas",
       "min.insync.replicas",
       "1",
       {"1"},
       {"0", "2", ""},
       "1",
       [](const TopicSettings&) { return true; }},
      {"preallocate",
       "log.preallocate",
       "true",
       {"true", "false"},
       {"", "yes", "1"},
       "false",
       [](const TopicSettings& s) { return !s.log.preallocate; }},
      {"retention.bytes",
       "log.retention.bytes",
       "-1",
       {"-1", "0", "9223372036854775807"},
       {"-2", "1.5", ""},
       "12",
       [](const TopicSettings& s) { return s.retention.bytes == 12; }},
      {"retention.ms",
       "log.retention.ms",
       "604800000",
       {"-1", "0", "9223372036854775807"},
       {"-2", "7d", ""},
       "13",
       [](const TopicSettings& s) { return s.retention.ms == 13; }},
      {"segment.bytes",
       "log.segment.bytes",
       "1073741824",
       {"65536", "2147483647"},
       {"65535", "2147483648", "0"},
       "70000",
       [](const TopicSettings& s) { return s.log.segment_bytes == 70000; }},
      {"segment.index.bytes",
       "log.index.size.max.bytes",
       "10485760",
       {"1024", "2147483647"},
       {"1023", "2147483648"},
       "2048",
       [](const TopicSettings& s) { return s.log.index_bytes_max == 2048; }},
      {"segment.jitter.ms",
       "log.roll.jitter.ms",
       "0",
       {"0", "9223372036854775807"},
       {"-1", "x"},
       "15",
       [](const TopicSettings& s) { return s.log.segment_jitter_ms == 15; }},
      {"segment.ms",
       "log.roll.ms",
       "604800000",
       {"1", "9223372036854775807"},
       {"0", "-1"},
       "14",
       [](const TopicSettings& s) { return s.log.segment_ms == 14; }},
      {"unclean.leader.election.enable",
       "unclean.leader.election.enable",
       "false",
       {"true", "false"},
       {"", "yes"},
       "true",
       [](const TopicSettings&) { return true; }},
  };
  return all;
}

TEST(TopicConfig, TheTableHoldsTheseKeysInOrderAndNoOthers) {
  std::vector<std::string_view> expected;
  for (const auto& each : cases()) expected.push_back(each.key);
  std::vector<std::string_view> found;
  for (const auto& key : config_keys()) {
    found.push_back(key.name);
    EXPECT_FALSE(key.documentation.empty()) << key.name;
    EXPECT_EQ(find_config_key(key.name), &key);
  }
  EXPECT_EQ(found, expected);
  EXPECT_TRUE(std::ranges::is_sorted(found));
}

TEST(TopicConfig, EveryKeyAcceptsItsGoodValuesAndNamesWhatIsWrongWithOthers) {
  for (const auto& each : cases()) {
    for (const auto& value : each.good)
      EXPECT_EQ(checked(each.key, value), ErrorCode::none) << each.key << "=" << value;
    for (const auto& value : each.bad) {
      const auto verdict = check_config(each.key, value);
      EXPECT_EQ(verdict.error, ErrorCode::invalid_config) << each.key << "=" << value;
      EXPECT_THAT(verdict.message, HasSubstr(std::string(each.key)));
      EXPECT_THAT(verdict.message, HasSubstr("\"" + value + "\""));
    }
    EXPECT_EQ(check_config(each.key, std::nullopt).error, ErrorCode::invalid_config) << each.key;
  }
}

TEST(TopicConfig, WordsThatStandForManyAreExplained) {
  const auto said = [](std::string_view key, const std::string& value) { return check_config(key, value).message; };
  EXPECT_THAT(said("cloudevents.key.mapper", "Subject"), HasSubstr("an <attribute> has a-z and 0-9 alone"));
  EXPECT_THAT(said("cloudevents.http.fields", "Host"), HasSubstr("a <field> is the name of a header field"));
  EXPECT_EQ(checked("cloudevents.key.mapper", "<attribute>"), ErrorCode::invalid_config);
  EXPECT_EQ(checked("cloudevents.http.fields", "<field>"), ErrorCode::invalid_config);
}

/// With one replica there is nothing to be seen of these.
bool is_about_replicas(std::string_view key) {
  return key == "min.insync.replicas" || key == "unclean.leader.election.enable";
}

TEST(TopicConfig, EveryKeyTakesEffectFromTheTopicAndFromTheBroker) {
  for (const auto& each : cases()) {
    const ConfigMap set{{std::string(each.key), each.set_to}};
    EXPECT_TRUE(each.takes_effect(resolve({}, set))) << each.key << " on the topic";
    EXPECT_TRUE(each.takes_effect(resolve(set, {}))) << each.key << " on the broker";
    const ConfigMap back{{std::string(each.key), std::string(each.default_value)}};
    const bool same_value = each.set_to == each.default_value;
    EXPECT_EQ(each.takes_effect(resolve(set, back)), same_value || is_about_replicas(each.key))
        << each.key << ": the topic's word goes before the broker's";
  }
}

TEST(TopicConfig, DescribeTellsEveryPlaceThatGivesAValue) {
  for (const auto& each : cases()) {
    const auto row = [&](const ConfigMap& broker, const ConfigMap& topic) {
      const auto facts = describe(broker, topic);
      const auto found = std::ranges::find(facts, each.key, &ConfigFact::name);
      EXPECT_NE(found, facts.end()) << each.key;
      return *found;
    };
    const ConfigMap set{{std::string(each.key), each.set_to}};
    const auto plain = row({}, {});
    EXPECT_EQ(plain.value, each.default_value);
    EXPECT_EQ(plain.source, ConfigSource::default_config);
    ASSERT_EQ(plain.synonyms.size(), 1U);
    EXPECT_EQ(plain.synonyms[0].name, each.broker_key);

    const auto full = row(set, set);
    EXPECT_EQ(full.value, each.set_to);
    EXPECT_EQ(full.source, ConfigSource::topic);
    ASSERT_EQ(full.synonyms.size(), 3U);
    EXPECT_EQ(full.synonyms[0].name, each.key);
    EXPECT_EQ(full.synonyms[1].source, ConfigSource::static_broker);
    EXPECT_EQ(full.synonyms[2].source, ConfigSource::default_config);
    EXPECT_EQ(full.synonyms[2].value, each.default_value);
    EXPECT_FALSE(full.read_only);
    EXPECT_FALSE(full.is_sensitive);
  }
}

TEST(TopicConfig, ACompactedTopicAsksForKeys) {
  EXPECT_FALSE(resolve({}, {}).rules.keys_required);
  EXPECT_TRUE(resolve({}, {{"cleanup.policy", "compact"}}).rules.keys_required);
  const auto both = resolve({}, {{"cleanup.policy", "delete,compact"}});
  EXPECT_TRUE(both.rules.keys_required);
  EXPECT_TRUE(both.retention.delete_enabled);
}

TEST(TopicConfig, SegmentsOfACompactedTopicAreClosedInTimeForTheLag) {
  const ConfigMap lag{{"max.compaction.lag.ms", "1000"}};
  EXPECT_EQ(resolve({}, lag).log.segment_ms, 604'800'000);
  EXPECT_EQ(resolve(lag, {{"cleanup.policy", "compact"}}).log.segment_ms, 1000);
}

TEST(TopicConfig, RefusesByNameWhatKafkaKnowsAndWeDoNotHonour) {
  for (const auto* key : {"local.retention.ms", "remote.storage.enable", "compression.gzip.level"}) {
    const auto verdict = check_config(key, "1");
    EXPECT_EQ(verdict.error, ErrorCode::invalid_config);
    EXPECT_THAT(verdict.message, HasSubstr(key));
    EXPECT_THAT(verdict.message, HasSubstr("does not honour"));
  }
}

TEST(TopicConfig, RefusesUnknownKeysWithoutPrintingTheirControlCharacters) {
  const auto verdict = check_config("retention\x1b[31m", "1");
  EXPECT_EQ(verdict.error, ErrorCode::invalid_config);
  EXPECT_THAT(verdict.message, HasSubstr("retention\\x1b"));
  EXPECT_EQ(find_config_key("retention"), nullptr);
}

TEST(TopicConfig, EmptyMapsGiveThePromiseAndKafkasDefaults) {
  const auto settings = resolve({}, {});
  EXPECT_EQ(settings.durability, Durability::fsync);
  EXPECT_EQ(settings.log.segment_bytes, 1 << 30);
  EXPECT_EQ(settings.retention.ms, 7LL * 24 * 60 * 60 * 1000);
  EXPECT_EQ(settings.retention.bytes, -1);
  EXPECT_EQ(settings.rules.batch_bytes_max, 1024 * 1024 + 12);
  EXPECT_EQ(settings.rules.timestamp_after_max_ms, 60 * 60 * 1000);
  EXPECT_EQ(settings.rules.recompress, std::nullopt);
}

TEST(TopicConfig, AStoredValueThatIsNoLongerAllowedIsPassedOver) {
  const ConfigMap topic{{"retention.ms", "for ever"}, {"never.heard.of", "1"}};
  EXPECT_EQ(resolve(ConfigMap{{"retention.ms", "5"}}, topic).retention.ms, 5);
  const auto facts = describe({}, topic);
  EXPECT_EQ(std::ranges::find(facts, "retention.ms", &ConfigFact::name)->value, "604800000");
}

}  // namespace
}  // namespace millrace::broker
