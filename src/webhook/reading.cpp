#include "reading.hpp"

#include <spdlog/logger.h>

#include <algorithm>
#include <map>
#include <utility>

#include "millrace/cloudevents/kafka.hpp"
#include "millrace/cloudevents/media_type.hpp"
#include "millrace/cloudevents/plain_record.hpp"
#include "millrace/record/record.hpp"
#include "millrace/runtime/records_at.hpp"

namespace millrace::webhook {

namespace {

using Fate = runtime::RecordFate;

/// One event that is looked for, in the order in which it was received.
struct Wanted {
  runtime::DeliveryLock lock;
  std::uint16_t attempt = 1;
  Fate fate = Fate::unreadable;
  InHand event{};
};

bool is_content_type(std::string_view name) {
  const auto is_it = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; };
  return std::ranges::equal(name, std::string_view("content-type"), is_it);
}

/// Whether a record that is an event has it as JSON in its value.
bool is_stored_as_json(const record::RecordView& record) {
  record::HeaderCursor headers(record.headers, record.header_count);
  std::string_view told;
  while (const auto header = headers.next()) {
    if (header->value && is_content_type(header->key)) told = as_text(*header->value);
  }
  return cloudevents::mode_of(told) == cloudevents::Mode::structured &&
         cloudevents::format_of(told) == cloudevents::Format::json;
}

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
  void read(runtime::HostedPartition& log, PartitionIndex partition, const std::vector<Wanted*>& wanted) {
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
    const auto first = std::ranges::find(looked.fates, Fate::unreadable) - looked.fates.begin();
    shared_.diagnostics->error("events not read log={} subscription={} offset={} why=\"{}\"", log.directory(), id_,
                               offsets[static_cast<std::size_t>(first)].value(), looked.trouble->message);
  }

 private:
  void take(Wanted& wanted, Offset at, Timestamp time, const record::RecordView& view) {
    const record::HeaderCursor headers(view.headers, view.header_count);
    auto event = cloudevents::from_record(headers, view.value);
    bool is_json = event && is_stored_as_json(view);
    if (!event && topic_->settings.events.knows_unmarked) {
      event = cloudevents::from_record(headers, view.value, cloudevents::Unmarked::recognised);
      is_json = event.has_value();
    }
    wanted.event = {.lock = wanted.lock, .attempt = wanted.attempt};
    if (is_json) wanted.event.stored_json = as_text(*view.value);
    const cloudevents::PlainRecord plain{
        .partition = wanted.lock.partition, .offset = at, .timestamp = time, .view = view};
    wanted.event.event = event ? std::move(*event) : cloudevents::event_of_plain(plain, topic_->topic->name);
    bytes_ += bytes_of(wanted.event);
  }

  /// Of one that its log has lost.
  void take_original(Wanted& wanted, PartitionIndex partition) {
    const auto offset = wanted.lock.token.offset;
    const auto original =
        shared_.original_of
            ? shared_.original_of({.subscription = id_, .topic = topic_->topic->id, .partition = partition}, offset)
            : std::nullopt;
    if (!original) return;
    const auto headers = deadletter::headers_of(*original);
    const auto to_hand = [&](std::size_t, Offset at, Timestamp time, const record::RecordView& view) {
      take(wanted, at, time, view);
      return true;
    };
    wanted.fate = runtime::record_at_hand(deadletter::view_of(*original, headers), offset, to_hand);
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
    all.push_back({.lock = {partition, event.token}, .attempt = event.attempt});
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
