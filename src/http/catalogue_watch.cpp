#include "catalogue_watch.hpp"

namespace millrace::http {

CatalogueWatch::CatalogueWatch(runtime::BrokerRuntime& broker, runtime::WorkThread::OnEscape on_escape)
    : broker_(broker),
      since_(broker.now().wall),
      looked_at_(broker.now().steady),
      thread_("catalogue", std::move(on_escape)) {
  thread_.post([this] { look(); });
  thread_.repeat(interval, [this] { look(); });
}

void CatalogueWatch::stop_watching() {
  is_watching_ = false;
  thread_.stop_repeating();
}

void CatalogueWatch::look() {
  if (auto now = broker_.topology(); now != topology_) {
    follow(*now);
    topology_ = std::move(now);
  }
  // Whoever did not come to its turn the last time is first now.
  auto at = partitions_.upper_bound(turn_);
  auto budget = bytes_per_look;
  for (std::size_t looks = 0; looks < partitions_.size() && budget > 0; ++looks, ++at) {
    if (!is_watching_) return;
    if (at == partitions_.end()) at = partitions_.begin();
    auto& watched = at->second;
    const auto received = watched.hosted->traffic().received_records.value();
    watched.is_behind = watched.is_behind || received != watched.received;
    watched.received = received;
    if (!watched.is_behind) continue;
    budget -= std::min(budget, read(watched, std::min(budget, bytes_per_partition)));
    turn_ = at->first;
  }
  const auto now = broker_.now().steady;
  const auto passed = now - std::exchange(looked_at_, now);
  catalogue_.with([&](EventCatalogue& catalogue) { catalogue.tick(passed); });
}

void CatalogueWatch::follow(const runtime::Topology& topology) {
  for (auto at = partitions_.begin(); at != partitions_.end();) {
    if (topology.find(at->second.topic, at->second.partition) == at->second.hosted) {
      ++at;
      continue;
    }
    catalogue_.with([&](EventCatalogue& catalogue) { catalogue.forget(at->second.topic); });
    at = partitions_.erase(at);
  }
  const bool is_first = topology_ == nullptr;
  topology.for_each([&](const runtime::HostedTopic& topic) {
    if (topic.topic->is_internal) return;
    for (std::size_t i = 0; i < topic.partitions.size(); ++i) {
      const auto partition = static_cast<PartitionIndex>(i);
      const auto [at, is_new] = partitions_.try_emplace({topic.topic->name, partition});
      if (!is_new) continue;
      auto& watched = at->second;
      watched.topic = topic.topic->name;
      watched.partition = partition;
      watched.hosted = topic.partitions[i];
      if (!is_first) continue;
      watched.history_end = watched.hosted->with([](const broker::Partition& open) { return open.high_watermark(); });
    }
  });
  if (!is_first || partitions_.size() <= partitions_with_history_max) return;
  for (auto& [key, watched] : partitions_) watched.place = watched.history_end;
}

std::size_t CatalogueWatch::read(Watched& watched, std::size_t budget) {
  const auto [start, end, last] = watched.hosted->with(
      [](const broker::Partition& open) { return std::tuple(open.start(), open.high_watermark(), open.end()); });
  watched.place = std::max(watched.place, start);
  // What was counted is seen once it is flushed, which is counted nowhere: it is looked at again until then.
  watched.is_behind = watched.place < last;
  const auto nearest = Offset(end.value() - records_behind_max);
  if (watched.place < nearest) {
    const auto missed = static_cast<std::uint64_t>(nearest - watched.place);
    catalogue_.with([&](EventCatalogue& catalogue) { catalogue.pass_over(watched.topic, missed); });
    watched.place = nearest;
  }
  if (watched.place >= end) return 0;
  const auto slice = broker_.peek(*watched.hosted, watched.place, budget);
  if (slice.length == 0) return 0;
  const auto topic = topology_->find(watched.topic);
  const auto seen =
      routes::scan_events(slice, {.topic = watched.topic,
                                  .partition = watched.partition,
                                  .from = watched.place,
                                  .events_max = static_cast<std::size_t>(records_behind_max),
                                  .bytes_max = 16 * bytes_per_partition,
                                  .selection = {},
                                  .unmarked = topic ? routes::unmarked_in(*topic) : cloudevents::Unmarked::refused});
  if (!seen) {
    watched.place = end;  // the log says what is wrong with it when it is read by who wants it
    return slice.length;
  }
  take(watched, seen->events);
  watched.place = seen->next;
  watched.is_behind = watched.place < last;
  return slice.length;
}

void CatalogueWatch::take(const Watched& watched, const std::vector<routes::ReadEvent>& events) {
  catalogue_.with([&](EventCatalogue& catalogue) {
    for (const auto& each : events) {
      if (!each.is_event) {
        catalogue.see_record(watched.topic);
        continue;
      }
      const auto when = each.offset < watched.history_end ? EventCatalogue::When::before : EventCatalogue::When::now;
      catalogue.see(watched.topic, each.partition, each.offset, each.timestamp, each.event, when);
    }
  });
}

}  // namespace millrace::http
