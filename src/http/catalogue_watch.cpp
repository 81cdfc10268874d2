#include "catalogue_watch.hpp"

#include "routes/event_scan.hpp"

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

CatalogueWatch::Picture CatalogueWatch::picture() const {
  return {.catalogue = catalogue_.with([](const EventCatalogue& now) { return now; }), .since = since_};
}

void CatalogueWatch::look() {
  const auto topology = broker_.topology();
  forget_deleted(*topology);
  std::vector<std::pair<runtime::HostedTopicPtr, PartitionIndex>> all;
  topology->for_each([&](const runtime::HostedTopic& each) {
    if (each.topic->is_internal) return;
    const auto topic = topology->find(each.topic->name);
    for (std::size_t i = 0; i < topic->partitions.size(); ++i) all.emplace_back(topic, static_cast<PartitionIndex>(i));
  });
  std::ranges::sort(all, {}, [](const auto& each) { return std::pair(each.first->topic->name, each.second); });
  // Whoever did not come to its turn the last time is first now.
  const auto next = std::ranges::lower_bound(
      all, turn_, {}, [](const auto& each) { return std::pair(each.first->topic->name, each.second); });
  std::ranges::rotate(all, next);
  if (!std::exchange(has_looked_, true) && all.size() > partitions_with_history_max) begin_at_the_end(*topology);
  auto budget = bytes_per_look;
  for (const auto& [topic, partition] : all) {
    if (!is_watching_) return;
    turn_ = {topic->topic->name, partition};
    if (budget == 0) break;
    budget -= std::min(budget, look_at(*topic, partition, std::min(budget, bytes_per_partition)));
  }
  const auto now = broker_.now().steady;
  const auto passed = now - std::exchange(looked_at_, now);
  catalogue_.with([&](EventCatalogue& catalogue) { catalogue.tick(passed); });
}

void CatalogueWatch::begin_at_the_end(const runtime::Topology& topology) {
  topology.for_each([&](const runtime::HostedTopic& topic) {
    for (std::size_t i = 0; i < topic.partitions.size(); ++i) {
      const auto end = topic.partitions[i]->with([](const broker::Partition& open) { return open.high_watermark(); });
      places_.emplace(std::pair(topic.topic->name, static_cast<PartitionIndex>(i)), end);
    }
  });
}

std::size_t CatalogueWatch::look_at(const runtime::HostedTopic& topic, PartitionIndex partition, std::size_t budget) {
  const auto& name = topic.topic->name;
  const auto hosted = topic.find(partition);
  const auto [start, end] =
      hosted->with([](const broker::Partition& open) { return std::pair(open.start(), open.high_watermark()); });
  auto& place = places_.try_emplace({name, partition}, start).first->second;
  const auto nearest = std::max(start, Offset(end.value() - records_behind_max));
  if (place < nearest) {
    const auto missed = static_cast<std::uint64_t>(nearest - place);
    catalogue_.with([&](EventCatalogue& catalogue) { catalogue.pass_over(name, missed); });
    place = nearest;
  }
  if (place >= end) {
    place = std::min(place, end);
    return 0;
  }
  const auto slice = broker_.peek(*hosted, place, budget);
  if (slice.length == 0) return 0;
  const auto seen = routes::scan_events(slice, {.topic = name,
                                                .partition = partition,
                                                .from = place,
                                                .events_max = static_cast<std::size_t>(records_behind_max),
                                                .bytes_max = 16 * bytes_per_partition});
  if (!seen) {
    place = end;  // the log says what is wrong with it when it is read by who wants it
    return slice.length;
  }
  place = seen->next;
  catalogue_.with([&](EventCatalogue& catalogue) {
    for (const auto& read : seen->events) {
      if (read.is_event) {
        catalogue.see(name, partition, read.offset, read.timestamp, read.event);
      } else {
        catalogue.see_record(name);
      }
    }
  });
  return slice.length;
}

void CatalogueWatch::forget_deleted(const runtime::Topology& topology) {
  std::string last;
  for (auto at = places_.begin(); at != places_.end();) {
    if (topology.find(at->first.first)) {
      ++at;
      continue;
    }
    if (std::exchange(last, at->first.first) != at->first.first) {
      catalogue_.with([&](EventCatalogue& catalogue) { catalogue.forget(at->first.first); });
    }
    at = places_.erase(at);
  }
}

}  // namespace millrace::http
