#include "event_catalogue.hpp"

#include <algorithm>
#include <cmath>

namespace millrace::http {

namespace {
constexpr double window_seconds = 60;
}

void EventCatalogue::see(const std::string& topic, PartitionIndex partition, Offset offset, Timestamp timestamp,
                         const cloudevents::Event& event, When when) {
  auto& total = topics_[topic];
  ++total.events;
  Key key{topic, std::string(event.text("type")), std::string(event.text("source"))};
  auto found = entries_.find(key);
  if (found == entries_.end()) {
    const bool is_long = key.type.size() > text_bytes_max || key.source.size() > text_bytes_max;
    if (is_long || entries_.size() >= entries_max) {
      ++total.other_events;
      return;
    }
    found = entries_.try_emplace(std::move(key)).first;
    found->second.first_seen = found->second.last_seen = timestamp;
  }
  auto& entry = found->second;
  ++entry.count;
  if (when == When::now) ++entry.lately;
  entry.first_seen = std::min(entry.first_seen, timestamp);
  entry.last_seen = std::max(entry.last_seen, timestamp);
  entry.partition = partition;
  entry.offset = offset;
  entry.data_schema = event.text("dataschema").substr(0, text_bytes_max);
  entry.data_content_type = event.text("datacontenttype").substr(0, text_bytes_max);
}

void EventCatalogue::forget(const std::string& topic) {
  topics_.erase(topic);
  const auto first = entries_.lower_bound(Key{topic, {}, {}});
  auto last = first;
  while (last != entries_.end() && last->first.topic == topic) ++last;
  entries_.erase(first, last);
}

void EventCatalogue::tick(Milliseconds passed) {
  const auto seconds = std::chrono::duration<double>(passed).count();
  if (seconds <= 0) return;
  const auto weight = 1 - std::exp(-seconds / window_seconds);
  for (auto& [key, entry] : entries_) {
    entry.per_second += (static_cast<double>(entry.lately) / seconds - entry.per_second) * weight;
    entry.lately = 0;
  }
}

}  // namespace millrace::http
