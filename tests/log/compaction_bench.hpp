#pragma once
// A log whose records have keys: put("a=1 b=- =x") is one batch with the key a, a tombstone of b, and a record without
// key; all() gives "0:a=1 1:b=- 2:=x". clean() runs a pass that is always due.

#include "log/log_bench.hpp"
#include "millrace/record/compact.hpp"

namespace millrace::log {

struct Writer {
  ProducerId id = -1;
  ProducerEpoch epoch = 0;
  std::int32_t sequence = 0;
  bool transactional = false;
};

class CompactionBench : public LogBench {
 protected:
  CompactionBench() {
    config.index_interval_bytes = 100;
    policy.enabled = true;
    policy.dirty_ratio_min = 0;
    log->set_config(config);
  }

  static Bytes keyed(std::string_view words, Timestamp at, const Writer& writer = {},
                     record::Codec codec = record::Codec::none) {
    record::BatchBuilder builder(codec);
    std::istringstream in{std::string(words)};
    std::vector<std::string> kept;
    for (std::string word; in >> word;) kept.push_back(word);
    for (const auto& word : kept) {
      const auto equals = word.find('=');
      const std::string_view key = std::string_view(word).substr(0, equals);
      const std::string_view value = std::string_view(word).substr(equals + 1);
      builder.add({.timestamp = at++,
                   .key = key.empty() ? std::nullopt : std::optional(as_bytes(key)),
                   .value = value == "-" ? std::nullopt : std::optional(as_bytes(value)),
                   .headers = {}});
    }
    if (writer.id >= 0) builder.set_producer(writer.id, writer.epoch, writer.sequence);
    builder.set_attributes(writer.transactional, false);
    return builder.finish();
  }

  Offset put(std::string_view words, const Writer& writer = {}, record::Codec codec = record::Codec::none) {
    return add(keyed(words, 1000 + log->end().value(), writer, codec));
  }

  Offset add(Bytes batch) {
    const auto base = log->append(batch, epoch, wall);
    EXPECT_TRUE(base) << base.error().message;
    return base.value_or(no_offset);
  }

  /// The end of a transaction; `first` is where it began if it is aborted.
  Offset end_transaction(ProducerId producer, std::optional<Offset> first = std::nullopt) {
    record::BatchBuilder builder;
    const Bytes key = to_bytes(std::string_view(first ? "\0\0\0\0" : "\0\0\0\1", 4));
    const Bytes value = to_bytes(std::string_view("\0\0\0\0\0\0", 6));
    builder.add({.timestamp = wall, .key = key, .value = value, .headers = {}});
    builder.set_producer(producer, 0, -1);
    builder.set_attributes(true, true);
    const Offset marker = add(builder.finish());
    if (first) {
      EXPECT_TRUE(log->append_aborted(
          {.producer_id = producer, .first_offset = *first, .last_offset = marker, .last_stable_offset = marker + 1}));
    }
    return marker;
  }

  /// What was put so far lies in segments that a pass may touch: all that is behind it is one record without meaning.
  void close_segment() {
    wall += config.segment_ms;
    EXPECT_TRUE(log->roll_if_due(wall));
    put("end=" + std::to_string(log->end().value()));
    flush();
  }

  CleaningAccess access() {
    return {.locked = [this](const std::function<void(Log&)>& f) { f(*log); },
            .named =
                [](const std::function<void()>& f) {
                  f();
                  return true;
                },
            .stopped = [] { return false; }};
  }

  std::optional<Cleaning> prepare() {
    auto pass = log->prepare_cleaning(policy, log->durable_end(), producers, limits, wall);
    EXPECT_TRUE(pass) << pass.error().message;
    return pass ? std::move(*pass) : std::nullopt;
  }

  /// False when there was nothing to do.
  bool clean() {
    auto pass = prepare();
    if (!pass) return false;
    const auto cleaned = pass->run(disk, access());
    EXPECT_TRUE(cleaned) << cleaned.error().message;
    if (!cleaned || !*cleaned) return false;
    done = **cleaned;
    return true;
  }

  std::vector<Bytes> batches() {
    std::vector<Bytes> all;
    EXPECT_TRUE(log->walk(log->start(), [&](const record::BatchHeader&, ByteView batch) {
      all.emplace_back(batch.begin(), batch.end());
      return true;
    }));
    return all;
  }

  /// Every record but those of close_segment().
  std::string all() {
    std::string text;
    Offset expected = log->start();
    for (const auto& batch : batches()) {
      const auto header = record::check_stored(batch);
      if (!header) return "broken: " + header.error().message;
      if (header->base_offset != expected) return "a hole at " + std::to_string(expected.value());
      expected = header->next_offset();
      const auto records = record::read_records(batch);
      if (!records) return "broken: " + records.error().message;
      if (header->is_control()) {
        text += " " + std::to_string(header->base_offset.value()) + ":marker";
        continue;
      }
      for (const auto& each : *records) {
        const std::string key = each.key ? std::string(as_text(*each.key)) : "";
        if (key == "end") continue;
        EXPECT_EQ(each.timestamp, 1000 + each.offset.value()) << key;
        text += " " + std::to_string(each.offset.value()) + ":" + key + "=" +
                (each.value ? std::string(as_text(*each.value)) : "-");
      }
    }
    if (expected != log->end()) return "ends at " + std::to_string(expected.value());
    return text.empty() ? text : text.substr(1);
  }

  Compaction policy;
  CleaningLimits limits{.map_bytes = 1 << 20, .hash_key = {3, 4}};
  std::vector<LastBatch> producers;
  Cleaned done;
  LeaderEpoch epoch = 0;
};

}  // namespace millrace::log
