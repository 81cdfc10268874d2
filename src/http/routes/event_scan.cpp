#include "event_scan.hpp"

#include <algorithm>

#include "millrace/cloudevents/plain_record.hpp"
#include "millrace/record/stored.hpp"

namespace millrace::http::routes {

namespace {

std::size_t bytes_of(const ReadEvent& read) {
  auto bytes = read.key.value_or("").size() + read.event.data.value_or("").size();
  for (const auto& attribute : read.event.attributes) bytes += attribute.name.size() + attribute.text.size();
  return bytes;
}

/// Nothing: not in structured mode.
std::optional<cloudevents::Format> format_of(const record::RecordView& record) {
  constexpr std::string_view content_type = "content-type";
  const auto is_it = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; };
  record::HeaderCursor headers(record.headers, record.header_count);
  std::string_view told;
  while (const auto header = headers.next()) {
    if (!header->value || !std::ranges::equal(header->key, content_type, is_it)) continue;
    told = as_text(*header->value);
  }
  if (cloudevents::mode_of(told) != cloudevents::Mode::structured) return std::nullopt;
  return cloudevents::format_of(told);
}

/// Gathers events until there are enough.
class Gathering {
 public:
  Gathering(const ScanRequest& request, Scan& into) : request_(request), into_(into) {}

  /// False when there is enough; then this record was not looked at.
  [[nodiscard]] bool take(const cloudevents::PlainRecord& record) {
    if (record.offset < request_.from) return true;
    if (into_.events.size() >= request_.events_max) return false;
    auto read = event_of(record, request_.topic, request_.unmarked);
    if (request_.selection.takes(read.event, scratch_)) {
      if (request_.adds_place) {
        cloudevents::add_place(read.event, request_.topic, read.partition, read.offset);
        read.stored.clear();
      }
      const auto more = bytes_of(read);
      if (!into_.events.empty() && into_.bytes + more > request_.bytes_max) return false;
      into_.bytes += more;
      into_.events.push_back(std::move(read));
    }
    into_.next = Offset(record.offset.value() + 1);
    return true;
  }

  /// One batch. False when there is enough.
  [[nodiscard]] Result<bool> take_all(const record::StoredBatch& batch) {
    return record::for_each_record(
        batch, inflated_, [this](Offset offset, Timestamp timestamp, const record::RecordView& view) {
          return take({.partition = request_.partition, .offset = offset, .timestamp = timestamp, .view = view});
        });
  }

 private:
  const ScanRequest& request_;
  Scan& into_;
  Bytes inflated_;
  filter::Scratch scratch_;
};

}  // namespace

cloudevents::Unmarked unmarked_in(const runtime::HostedTopic& topic) {
  return topic.settings.events.knows_unmarked ? cloudevents::Unmarked::recognised : cloudevents::Unmarked::refused;
}

ReadEvent event_of(const cloudevents::PlainRecord& record, std::string_view topic, cloudevents::Unmarked unmarked) {
  ReadEvent read{.partition = record.partition, .offset = record.offset, .timestamp = record.timestamp};
  if (record.view.key) read.key = std::string(as_text(*record.view.key));
  const record::HeaderCursor headers(record.view.headers, record.view.header_count);
  auto event = cloudevents::from_record(headers, record.view.value);
  auto format = event ? format_of(record.view) : std::nullopt;
  if (!event && unmarked == cloudevents::Unmarked::recognised) {
    event = cloudevents::from_record(headers, record.view.value, unmarked);
    if (event) format = cloudevents::Format::json;
  }
  if (format) {
    read.stored = std::string(as_text(*record.view.value));
    read.format = *format;
  }
  read.is_event = event.has_value();
  read.event = event ? std::move(*event) : cloudevents::event_of_plain(record, topic);
  return read;
}

Result<Scan> scan_events(const runtime::FileRange& slice, const ScanRequest& request) {
  Bytes bytes(slice.length);
  const auto got = slice.file->read_at(slice.position, bytes);
  if (!got) return failure_of(got);
  Scan scan{.events = {}, .next = request.from, .bytes = 0, .bytes_read = *got};
  Gathering gathering(request, scan);
  ByteView rest(bytes.data(), *got);
  while (const auto batch = record::next_batch(rest)) {
    if (batch->header.next_offset() <= request.from) continue;
    if (!batch->header.is_control()) {
      const auto goes_on = gathering.take_all(*batch);
      if (!goes_on) return failure_of(goes_on);
      if (!*goes_on) return scan;
    }
    scan.next = batch->header.next_offset();
  }
  return scan;
}

}  // namespace millrace::http::routes
