#pragma once
// A broker that puts records aside, spoken to in lines, for tests. "a -x b" is a batch of the event a, of a record with
// the value -x that is no event, and of the event b. Letters are read as "1:-x 4:-y": where the record would have
// stood, and its value.

#include "broker/event_language.hpp"
#include "runtime/world.hpp"

namespace millrace::runtime {

/// A letter is the record itself, with where it would have stood and why it does not in two headers.
class PlainLetters final : public QuarantineForm {
 public:
  [[nodiscard]] Result<std::string> topic_for(std::string_view topic) const override {
    if (topic.size() > 200) return failure(Errc::too_large, "the name would be too long");
    return "letters.of." + std::string(topic);
  }
  [[nodiscard]] Result<void> check(std::string_view topic, bool takes_letters) const override {
    if (!takes_letters) return failure(Errc::invalid, std::string(topic) + " takes none");
    return {};
  }
  [[nodiscard]] broker::ConfigMap configs() const override { return {{"errors.deadletterqueue.group.enable", "true"}}; }
  void add_letter(record::BatchBuilder& letters, const UnfitRecord& unfit) const override {
    const auto at = std::to_string(unfit.offset.value());
    const record::HeaderView headers[] = {{"at", as_bytes(at)}, {"why", as_bytes(unfit.why)}};
    letters.add({unfit.record.timestamp, unfit.record.key, unfit.record.value, headers});
  }
};

inline Bytes mixed(const std::string& line, const broker::Sender& sender = {}) {
  record::BatchBuilder builder(sender.codec);
  if (sender.producer >= 0) builder.set_producer(sender.producer, 0, sender.sequence);
  for (const auto& word : broker::words_of(line)) {
    if (word.starts_with('-')) {
      builder.add({broker::test_wall, std::nullopt, as_bytes(word), {}});
    } else {
      broker::add_event(builder, word, broker::test_wall);
    }
  }
  return builder.finish();
}

struct QuarantineWorld : World {
  static broker::ConfigMap configs() {
    return {{"cloudevents.validation", "binary-or-structured"}, {"cloudevents.on.invalid", "quarantine"}};
  }

  explicit QuarantineWorld(std::uint64_t seed = 1,
                           std::unique_ptr<support::FakeDisk> on = std::make_unique<support::FakeDisk>())
      : World(seed, std::move(on)) {
    options.quarantine = std::make_shared<PlainLetters>();
  }

  ProducePartAnswer produce(std::string_view place, Bytes batch) {
    const Place at(place);
    ProduceRequest request;
    request.parts.push_back({.topic = {.name = at.topic, .id = {}}, .partition = at.partition, .records = batch});
    Produced answer;
    broker->produce(std::move(request), answer.callback());
    return answer.get().front();
  }
  /// "at 0", "at 0, aside 1", "again at 0, aside 1", or the error.
  std::string put(std::string_view place, const std::string& line, const broker::Sender& sender = {}) {
    const auto got = produce(place, mixed(line, sender));
    if (got.append.error != ErrorCode::none) return said(got.append.error);
    auto told = (got.append.duplicate ? "again at " : "at ") + std::to_string(got.append.base_offset.value());
    for (const auto& each : got.quarantined) told += ", aside " + std::to_string(each.index);
    return told;
  }
  /// "0:a 2:b": all of the log.
  std::string stored(std::string_view place) {
    const Place at(place);
    std::string all;
    const auto each = [&](const record::BatchHeader&, ByteView batch) {
      const auto found = record::read_records(batch);
      EXPECT_TRUE(found);
      if (!found) return false;
      for (const auto& record : *found) {
        all += (all.empty() ? "" : " ") + std::to_string(record.offset.value()) + ":" +
               std::string(as_text(*record.value));
      }
      return true;
    };
    const auto partition = broker->topology()->find(at.topic, at.partition);
    EXPECT_TRUE(partition->with([&](broker::Partition& open) { return open.log().walk(open.start(), each); }));
    return all;
  }
  std::string letters(std::string_view place) {
    std::string all;
    for (std::int64_t next = 0;;) {
      Answered<std::vector<broker::FetchAnswer>> answer;
      auto request = from(place, next);
      request.min_bytes = 0;
      if (broker->fetch(std::move(request), context.get_executor(), answer.callback())) return "waits";
      const auto got = answer.get().front();
      if (got.error != ErrorCode::none) return said(got.error);
      const auto found = records_of(got.slice);
      if (!found) return "damaged";
      if (found->empty()) return all;
      for (const auto& each : *found) {
        all += (all.empty() ? "" : " ") + std::string(as_text(*each.headers.at(0).second)) + ":" +
               std::string(as_text(*each.value));
      }
      next = found->back().offset.value() + 1;
    }
  }
};

}  // namespace millrace::runtime
