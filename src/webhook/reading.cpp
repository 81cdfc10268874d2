#include "reading.hpp"

#include <spdlog/logger.h>

#include <algorithm>
#include <map>
#include <utility>

#include "millrace/cloudevents/kafka.hpp"
#include "millrace/cloudevents/media_type.hpp"
#include "millrace/cloudevents/plain_record.hpp"
#include "millrace/record/builder.hpp"
#include "millrace/record/stored.hpp"

namespace millrace::webhook {

namespace {

constexpr std::size_t slice_bytes = limits::MiB;  ///< of a log at once

enum class Found : std::uint8_t { pending, read, gone, unreadable, left };

/// One event that is looked for, in the order in which it was received.
struct Wanted {
  runtime::DeliveryLock lock;
  std::uint16_t attempt = 1;
  Found found = Found::pending;
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
  void read(runtime::HostedPartition& log, PartitionIndex partition, std::vector<Wanted*> wanted) {
    for (std::size_t next = 0; next < wanted.size();) {
      if (bytes_ >= bytes_in_hand_max) {
        for (; next < wanted.size(); ++next) wanted[next]->found = Found::left;
        return;
      }
      const Offset from = wanted[next]->lock.token.offset;
      const auto until = take_slice(log, from, std::span(wanted).subspan(next));
      if (!until) {
        shared_.diagnostics->error("events not read log={} subscription={} offset={} why=\"{}\"", log.directory(), id_,
                                   from.value(), until.error().message);
        for (; next < wanted.size(); ++next) wanted[next]->found = Found::unreadable;
        return;
      }
      for (; next < wanted.size() && wanted[next]->lock.token.offset < *until; ++next) {
        if (wanted[next]->found == Found::pending) take_original(*wanted[next], partition);
      }
    }
  }

 private:
  /// Reads a piece of the log; behind the answer nothing was looked at.
  [[nodiscard]] Result<Offset> take_slice(runtime::HostedPartition& log, Offset from, std::span<Wanted*> wanted) {
    const auto [begins, ends] = log.with([](broker::Partition& at) { return std::pair(at.start(), at.end()); });
    if (from < begins) return begins;
    if (from >= ends) return from + 1;
    const auto slice = shared_.broker.peek(log, from, slice_bytes);
    if (slice.length == 0) return failure(Errc::io, "nothing could be read there");
    Bytes bytes(slice.length);
    const auto got = slice.file->read_at(slice.position, bytes);
    if (!got) return failure_of(got);
    Offset until = from;
    std::size_t next = 0;
    ByteView rest(bytes.data(), *got);
    while (const auto batch = record::next_batch(rest)) {
      while (next < wanted.size() && wanted[next]->lock.token.offset < batch->header.base_offset) ++next;
      const bool has_some = next < wanted.size() && wanted[next]->lock.token.offset < batch->header.next_offset();
      if (has_some && !batch->header.is_control()) {
        std::optional<Offset> full_at;
        const auto done =
            record::for_each_record(*batch, inflated_, [&](Offset at, Timestamp time, const record::RecordView& view) {
              while (next < wanted.size() && wanted[next]->lock.token.offset < at) ++next;
              if (next == wanted.size()) return false;
              if (wanted[next]->lock.token.offset != at) return true;
              if (bytes_ >= bytes_in_hand_max) full_at = at;
              if (!full_at) take(*wanted[next], at, time, view);
              return !full_at;
            });
        if (!done) return failure_of(done);
        if (full_at) return *full_at;
      }
      until = std::max(until, batch->header.next_offset());
      if (bytes_ >= bytes_in_hand_max) break;
    }
    if (until <= from) return failure(Errc::corrupt, "no batch is whole there");
    return until;
  }

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
    wanted.found = Found::read;
    bytes_ += bytes_of(wanted.event);
  }

  /// Of one that its log has lost.
  void take_original(Wanted& wanted, PartitionIndex partition) {
    wanted.found = Found::gone;
    const auto offset = wanted.lock.token.offset;
    const auto original =
        shared_.original_of
            ? shared_.original_of({.subscription = id_, .topic = topic_->topic->id, .partition = partition}, offset)
            : std::nullopt;
    if (!original) return;
    const auto headers = deadletter::headers_of(*original);
    record::BatchBuilder builder;
    builder.add(deadletter::view_of(*original, headers));
    const Bytes bytes = builder.finish();
    ByteView rest(bytes);
    const auto batch = record::next_batch(rest);
    if (!batch) return;
    const auto done =
        record::for_each_record(*batch, inflated_, [&](Offset, Timestamp time, const record::RecordView& view) {
          take(wanted, offset, time, view);
          return true;
        });
    if (!done) wanted.found = Found::unreadable;
  }

  const WebHooks::Shared& shared_;
  const std::string& id_;
  runtime::HostedTopicPtr topic_;
  Bytes inflated_;
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
    if (!log) {
      for (Wanted* const one : wanted) one->found = Found::unreadable;
      continue;
    }
    std::ranges::sort(wanted, {}, [](const Wanted* one) { return one->lock.token.offset; });
    reader.read(*log, partition, wanted);
  }
  Reading reading;
  for (Wanted& one : all) {
    switch (one.found) {
      case Found::read: reading.events.push_back(std::move(one.event)); break;
      case Found::gone: reading.gone.push_back(one.lock); break;
      case Found::left: reading.left.push_back(one.lock); break;
      case Found::pending:
      case Found::unreadable: reading.unreadable.push_back(one.lock); break;
    }
  }
  return reading;
}

}  // namespace millrace::webhook
