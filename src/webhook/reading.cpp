#include "reading.hpp"

#include <spdlog/logger.h>

#include <algorithm>
#include <map>
#include <utility>

#include "event_at_hand.hpp"
#include "millrace/runtime/records_at.hpp"

namespace millrace::webhook {

namespace {

using Fate = runtime::RecordFate;

/// One event that is looked for, in the order in which it was received.
struct Wanted {
  runtime::DeliveryLock lock;
  std::uint16_t attempt = 1;
  bool is_redriven = false;
  Fate fate = Fate::unreadable;
  InHand event{};
};

std::size_t bytes_of(const InHand& one) {
  std::size_t bytes = one.stored_json.size() + one.event.data.value_or("").size();
  for (const auto& attribute : one.event.attributes) bytes += attribute.name.size() + attribute.text.size();
  return bytes;
}

class Reader {
 public:
  Reader(const WebHooks::Shared& shared, const std::string& id, runtime::HostedTopicPtr topic)
      : shared_(shared), id_(id), topic_(std::move(topic)) {}

  /// Those of one partition, by ascending offset.
  void read(runtime::HostedPartition& log, PartitionIndex partition, std::vector<Wanted*> wanted) {
    take_edited(wanted, partition);
    std::vector<Offset> offsets;
    for (const Wanted* const one : wanted) offsets.push_back(one->lock.token.offset);
    const auto looked =
        runtime::records_at(shared_.broker, log, offsets,
                            [&](std::size_t which, Offset at, Timestamp time, const record::RecordView& view) {
                              if (bytes_ >= bytes_in_hand_max) return false;
                              take(*wanted[which], at, time, view);
                              return true;
                            });
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      wanted[i]->fate = looked.fates[i];
      if (wanted[i]->fate == Fate::gone) take_original(*wanted[i], partition);
    }
    if (!looked.trouble) return;
    shared_.diagnostics->error("events not read log={} subscription={} offset={} why=\"{}\"", log.directory(), id_,
                               offsets[looked.troubled].value(), looked.trouble->message);
  }

 private:
  void take(Wanted& wanted, Offset at, Timestamp time, const record::RecordView& view) {
    const cloudevents::PlainRecord record{
        .partition = wanted.lock.partition, .offset = at, .timestamp = time, .view = view};
    const auto unmarked =
        topic_->settings.events.knows_unmarked ? cloudevents::Unmarked::recognised : cloudevents::Unmarked::refused;
    auto told = event_at_hand(record, topic_->topic->name, unmarked);
    wanted.event = {.lock = wanted.lock,
                    .attempt = wanted.attempt,
                    .is_redriven = wanted.is_redriven,
                    .event = std::move(told.event),
                    .stored_json = std::move(told.stored_json)};
    bytes_ += bytes_of(wanted.event);
  }

  /// Those that somebody has edited since they died; no longer wanted then.
  void take_edited(std::vector<Wanted*>& wanted, PartitionIndex partition) {
    if (!shared_.edited_of) return;
    const delivery::Home home{.subscription = id_, .topic = topic_->topic->id, .partition = partition};
    std::erase_if(wanted, [&](Wanted* one) {
      const auto edited = shared_.edited_of(home, one->lock.token.offset);
      if (edited) take_record(*one, *edited);
      return edited.has_value();
    });
  }

  /// Of one that its log has lost.
  void take_original(Wanted& wanted, PartitionIndex partition) {
    const auto offset = wanted.lock.token.offset;
    const auto original =
        shared_.original_of
            ? shared_.original_of({.subscription = id_, .topic = topic_->topic->id, .partition = partition}, offset)
            : std::nullopt;
    if (original) take_record(wanted, *original);
  }

  void take_record(Wanted& wanted, const deadletter::Record& original) {
    const auto headers = deadletter::headers_of(original);
    const auto to_hand = [&](std::size_t, Offset at, Timestamp time, const record::RecordView& view) {
      take(wanted, at, time, view);
      return true;
    };
    wanted.fate = runtime::record_at_hand(deadletter::view_of(original, headers), wanted.lock.token.offset, to_hand);
  }

  const WebHooks::Shared& shared_;
  const std::string& id_;
  runtime::HostedTopicPtr topic_;
  std::size_t bytes_ = 0;
};

}  // namespace

Reading read(const WebHooks::Shared& shared, const std::string& id, const std::string& topic_name,
             const std::vector<runtime::Delivered>& received) {
  std::vector<Wanted> all;
  all.reserve(received.size());
  std::map<PartitionIndex, std::vector<Wanted*>> parts;
  for (const auto& [partition, event] : received) {
    all.push_back({.lock = {partition, event.token}, .attempt = event.attempt, .is_redriven = event.is_redriven});
    parts[partition].push_back(&all.back());
  }
  const auto topic = shared.broker.topology()->find(topic_name);
  Reader reader(shared, id, topic);
  for (auto& [partition, wanted] : parts) {
    const auto log = topic ? topic->find(partition) : nullptr;
    if (!log) continue;
    std::ranges::sort(wanted, {}, [](const Wanted* one) { return one->lock.token.offset; });
    reader.read(*log, partition, wanted);
  }
  Reading reading;
  for (Wanted& one : all) {
    switch (one.fate) {
      case Fate::found: reading.events.push_back(std::move(one.event)); break;
      case Fate::gone: reading.gone.push_back(one.lock); break;
      case Fate::left: reading.left.push_back(one.lock); break;
      case Fate::unreadable: reading.unreadable.push_back(one.lock); break;
    }
  }
  return reading;
}

}  // namespace millrace::webhook
