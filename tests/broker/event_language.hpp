#pragma once
// A partition that looks for repeated events, spoken to in lines, for tests. "a b c" is a batch of three events of one
// source with those ids; "-" is a record that is no event. send() does what the engine does and answers "at 0", or with
// the first copies of what was there: "at 3 (1 . .)", "again at 1 (1)".

#include "broker/partition_language.hpp"
#include "millrace/broker/event_batch.hpp"

namespace millrace::broker {

inline constexpr Milliseconds test_window{60'000};

inline TopicSettings settings_with_window(Milliseconds window = test_window) {
  auto settings = small_settings();
  settings.events.dedupe_window = window;
  return settings;
}

/// Who sends a batch, and how.
struct Sender {
  ProducerId producer = -1;
  std::int32_t sequence = -1;
  record::Codec codec = record::Codec::none;
};

inline void add_event(record::BatchBuilder& builder, std::string_view id, Timestamp wall) {
  if (id == "-") return builder.add({wall, std::nullopt, as_bytes("plain"), {}});
  const record::HeaderView headers[] = {{"ce_specversion", as_bytes("1.0")},
                                        {"ce_id", as_bytes(id)},
                                        {"ce_source", as_bytes("/shop")},
                                        {"ce_type", as_bytes("test")}};
  builder.add({wall, std::nullopt, as_bytes(id), headers});
}

inline std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < line.size();) {
    const auto end = std::min(line.find(' ', at), line.size());
    words.push_back(line.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

inline Bytes events(const std::string& line, const Sender& sender = {}) {
  record::BatchBuilder builder(sender.codec);
  if (sender.producer >= 0) builder.set_producer(sender.producer, 0, sender.sequence);
  for (const auto& id : words_of(line)) add_event(builder, id, test_wall);
  return builder.finish();
}

/// One round of what HostedPartition::append_once() does.
inline AppendAnswer append_round(Partition& partition, Bytes batch, const record::BatchHeader& header, Now now) {
  BatchEvents found{.hashes = hashes_of(header, batch, partition.event_key()), .firsts = {}};
  found.firsts = partition.find_repeats(found.hashes, now);
  auto left = header;
  if (!found.firsts.empty()) {
    batch = without_repeats(header, batch, found.firsts);
    if (!batch.empty()) left = record::read_header(batch);
  }
  return partition.append_events(batch, left, now, found);
}

inline std::string line_of_events(const AppendAnswer& answer) {
  auto line = Bench::line_of(answer);
  if (answer.first_copies.empty()) return line;
  std::string firsts;
  for (const auto offset : answer.first_copies) {
    firsts += (firsts.empty() ? "" : " ") + (offset == no_offset ? "." : std::to_string(offset.value()));
  }
  return line + " (" + firsts + ")";
}

struct EventBench : Bench {
  EventBench() : Bench(settings_with_window()) {}
  explicit EventBench(const TopicSettings& with) : Bench(with) {}

  AppendAnswer append_once(Bytes batch) {
    const auto verdict = record::validate(batch, settings.rules, now.wall);
    EXPECT_EQ(verdict.error, ErrorCode::none) << verdict.message;
    return append_round(*partition, verdict.rebuilt ? *verdict.rebuilt : batch, verdict.header, now);
  }
  std::string send(const std::string& ids, const Sender& sender = {}) {
    return line_of_events(append_once(events(ids, sender)));
  }
  /// "0:a 1:b 3:-": what a reader of all of the log finds.
  std::string stored() {
    std::string all;
    const auto walked = partition->log().walk(partition->start(), [&](const record::BatchHeader&, ByteView batch) {
      const auto records = record::read_records(batch);
      EXPECT_TRUE(records);
      if (!records) return false;
      for (const auto& each : *records) {
        const auto value = each.headers.empty() ? "-" : std::string(as_text(*each.value));
        all += (all.empty() ? "" : " ") + std::to_string(each.offset.value()) + ":" + value;
      }
      return true;
    });
    EXPECT_TRUE(walked);
    return all;
  }
  void wait(Milliseconds time) { now.steady += time; }
};

}  // namespace millrace::broker
