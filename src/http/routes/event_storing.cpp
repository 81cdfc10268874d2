#include "event_storing.hpp"

#include <map>

#include "awaited.hpp"
#include "event_spans.hpp"
#include "millrace/broker/partitioner.hpp"
#include "millrace/core/limits.hpp"
#include "millrace/runtime/broker_runtime.hpp"

namespace millrace::http::routes {

namespace {

using Answers = std::vector<runtime::ProducePartAnswer>;

PartitionIndex partition_of(const PublishWish& wish, const EventRecord& record, std::int32_t partitions,
                            PartitionIndex keyless) {
  if (wish.partition) return *wish.partition;
  return record.key ? broker::partition_of_key(as_bytes(*record.key), partitions) : keyless;
}

/// Where repeats of an event meet, though it has no key.
PartitionIndex partition_of_event(const cloudevents::Event& event, std::int32_t partitions) {
  auto name = std::string(event.text("source")).append(1, '\0').append(event.text("id"));
  return broker::partition_of_key(as_bytes(name), partitions);
}

/// Of the record at `at` of a batch that was answered.
void tell(Stored& stored, const broker::AppendAnswer& answer, std::size_t at) {
  const auto first = at < answer.first_copies.size() ? answer.first_copies[at] : no_offset;
  stored.is_duplicate = first != no_offset;
  stored.offset = stored.is_duplicate ? first : answer.base_offset + static_cast<std::int64_t>(at);
}

/// Null answers: they did not come in time.
void tell_appends(const Context& context, const RequestTrace& trace, tracing::UnixNanoseconds began,
                  const std::string& topic, const EventInput& input, const std::vector<Stored>& stored,
                  const std::vector<std::vector<std::size_t>>& members, const Answers* answers) {
  for (std::size_t part = 0; part < members.size(); ++part) {
    AppendedEvents appended{.topic = topic, .partition = stored[members[part].front()].partition, .events = {}};
    for (const auto i : members[part]) appended.events.push_back(&input.events[i]);
    if (answers != nullptr) appended.answer = &(*answers)[part];
    tell_append(*context.tracer, trace, began, appended);
  }
}

StoredEvents refused(Problem problem) { return {.records = {}, .stored = {}, .problem = std::move(problem)}; }

}  // namespace

runtime::Task<StoredEvents> store_events(const Context& context, runtime::HostedTopicPtr topic, const EventInput& input,
                                         PublishWish wish) {
  const auto now = context.broker.now().wall;
  const auto& name = topic->topic->name;
  const auto partitions = static_cast<std::int32_t>(topic->partitions.size());
  // Events without a key go together, so that they are written together; the next request's go elsewhere.
  const auto keyless = broker::partition_of_key(as_bytes(wish.spread), partitions);
  const auto& rules = topic->settings.rules;
  StoredEvents outcome;
  auto& records = outcome.records;
  auto& stored = outcome.stored;
  stored.resize(input.events.size());
  std::map<PartitionIndex, std::vector<std::size_t>> by_partition;
  for (std::size_t i = 0; i < input.events.size(); ++i) {
    records.push_back(record_of(input, i, topic->settings, wish.key, now));
    if (rules.keys_required && !records[i].key) co_return refused(key_required());
    const bool looks_for_repeats = topic->settings.events.dedupe_window > Milliseconds{0};
    const auto otherwise = looks_for_repeats ? partition_of_event(input.events[i], partitions) : keyless;
    stored[i].partition = partition_of(wish, records[i], partitions, otherwise);
    by_partition[stored[i].partition].push_back(i);
  }

  std::vector<Bytes> batches;
  std::vector<std::vector<std::size_t>> members;  // of each batch, the events
  runtime::ProduceRequest command;
  command.wait_for_disk = wish.acks != Acks::none;
  const auto most = static_cast<std::size_t>(rules.batch_bytes_max);
  for (const auto& [partition, indexes] : by_partition) {
    std::vector<const EventRecord*> together;
    std::vector<std::size_t> which;
    const auto close = [&] {
      batches.push_back(batch_of(together));
      members.push_back(std::move(which));
      command.parts.push_back({.topic = {.name = name, .id = std::nullopt}, .partition = partition, .records = {}});
      together.clear();
      which = {};
    };
    std::size_t bytes = 0;
    for (const auto i : indexes) {
      const auto size = batch_bytes_of(records[i], most);
      if (size > most) co_return refused(too_large(size, rules.batch_bytes_max));
      if (!together.empty() && bytes + size > most) {
        close();
        bytes = 0;
      }
      together.push_back(&records[i]);
      which.push_back(i);
      bytes += size;
    }
    close();
  }
  for (std::size_t i = 0; i < batches.size(); ++i) command.parts[i].records = batches[i];

  const auto began = wish.trace ? context.tracer->now() : 0;
  auto ask = [&context, &command](auto done) { context.broker.produce(std::move(command), std::move(done)); };
  auto answers = co_await awaited_within<Answers>(wish.patience, std::move(ask));
  if (wish.trace) {
    tell_appends(context, *wish.trace, began, name, input, stored, members, answers ? &*answers : nullptr);
  }
  if (!answers) co_return refused(too_slow(wish.patience));
  for (std::size_t part = 0; part < answers->size(); ++part) {
    const auto& answer = (*answers)[part];
    for (std::size_t at = 0; at < members[part].size(); ++at) {
      const auto i = members[part][at];
      if (answer.append.error != ErrorCode::none) {
        stored[i].problem = of_append(answer.append);
        continue;
      }
      // Where the topic stamps records with their arrival, that is what a reader is told.
      if (answer.append.log_append_time >= 0) records[i].timestamp = answer.append.log_append_time;
      if (wish.acks != Acks::none) tell(stored[i], answer.append, at);
    }
    for (const auto& each : answer.quarantined) {
      auto& event = stored[members[part][static_cast<std::size_t>(each.index)]];
      event.offset.reset();
      event.is_duplicate = false;
      event.quarantined = {.topic = answer.quarantine_topic,
                           .partition = answer.quarantine_partition,
                           .offset = wish.acks != Acks::none ? each.letter : no_offset,
                           .reason = each.reason};
    }
  }
  co_return outcome;
}

}  // namespace millrace::http::routes
