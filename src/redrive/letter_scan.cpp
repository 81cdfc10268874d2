#include "letter_scan.hpp"

#include <algorithm>

#include "millrace/cloudevents/kafka.hpp"
#include "millrace/record/stored.hpp"

namespace millrace::redrive {

namespace {

constexpr std::size_t walk_read_bytes = 256 * limits::KiB;
constexpr std::size_t one_record_bytes = 64 * limits::KiB;
constexpr std::string_view id_header = "__dlq.errors.millrace.id";

std::vector<record::HeaderView> headers_in(const record::RecordView& view) {
  std::vector<record::HeaderView> headers;
  record::HeaderCursor cursor(view.headers, view.header_count);
  while (const auto header = cursor.next()) headers.push_back(*header);
  return headers;
}

/// The last of equal headers counts, as it does for who reads letters.
std::string_view id_in(const record::RecordView& view) {
  record::HeaderCursor cursor(view.headers, view.header_count);
  std::string_view id;
  while (const auto header = cursor.next())
    if (header->key == id_header && header->value) id = as_text(*header->value);
  return id;
}

Found found_of(deadletter::Read read) {
  Found found;
  found.id = deadletter::id_of(read.letter.name);
  found.letter = std::move(read.letter);
  found.original = std::move(read.original);
  return found;
}

Found found_of(const deadletter::Adopted& adopted, const Letters::Adoption& adoption, const Stored& stored) {
  Found found;
  found.family = adopted.family;
  auto& letter = found.letter;
  letter.name = {adopted.group.value_or(adoption.group), adopted.topic.value_or(adoption.source_topic),
                 adopted.partition.value_or(-1), adopted.offset.value_or(no_offset), 0};
  letter.died_at = stored.timestamp;
  letter.attempts = adopted.attempts.value_or(0);
  letter.destination = adopted.destination;
  letter.message = adopted.reason;
  found.exception = adopted.exception;
  found.original = copy_of(stored);
  return found;
}

}  // namespace

Extent extent_of(runtime::HostedPartition& partition) {
  return partition.with([](broker::Partition& each) { return Extent{each.start(), each.high_watermark()}; });
}

deadletter::Record copy_of(const Stored& stored) {
  deadletter::Record record;
  record.timestamp = stored.timestamp;
  if (stored.view.key) record.key.emplace(stored.view.key->begin(), stored.view.key->end());
  if (stored.view.value) record.value.emplace(stored.view.value->begin(), stored.view.value->end());
  for (const auto& header : headers_in(stored.view)) {
    record.headers.emplace_back(std::string(header.key), std::nullopt);
    if (header.value) record.headers.back().second.emplace(header.value->begin(), header.value->end());
  }
  return record;
}

Result<Walk> walk_records(runtime::BrokerRuntime& broker, runtime::HostedPartition& partition, Offset from,
                          Offset until, std::size_t bytes_max, const std::function<bool(const Stored&)>& each) {
  Walk walk;
  walk.next = from;
  Bytes bytes, inflated;
  while (walk.next < until) {
    if (walk.bytes >= bytes_max) {
      walk.is_enough = true;
      return walk;
    }
    const auto slice = broker.peek(partition, walk.next, std::min(walk_read_bytes, bytes_max));
    if (slice.length == 0) {
      return failure(Errc::io,
                     partition.directory() + " cannot be read at offset " + std::to_string(walk.next.value()));
    }
    bytes.resize(slice.length);
    const auto got = slice.file->read_at(slice.position, bytes);
    if (!got) return failure_of(got);
    walk.bytes += *got;
    const Offset began = walk.next;
    ByteView rest(bytes.data(), *got);
    while (const auto batch = record::next_batch(rest)) {
      if (batch->header.next_offset() <= walk.next) continue;
      if (batch->header.base_offset >= until) {
        walk.next = until;
        return walk;
      }
      if (!batch->header.is_control()) {
        const auto goes_on = record::for_each_record(
            *batch, inflated, [&](Offset offset, Timestamp timestamp, const record::RecordView& view) {
              if (offset < walk.next) return true;
              if (offset >= until) return false;
              if (!each({offset, timestamp, view})) {
                walk.is_enough = true;
                walk.next = offset;
                return false;
              }
              walk.next = offset + 1;
              return true;
            });
        if (!goes_on) return failure_of(goes_on);
        if (walk.is_enough) return walk;
      }
      walk.next = std::min(batch->header.next_offset(), until);
    }
    if (walk.next <= began) {
      return failure(Errc::corrupt, partition.directory() + " has no batch at offset " + std::to_string(began.value()));
    }
  }
  return walk;
}

Result<std::optional<deadletter::Record>> read_record(runtime::BrokerRuntime& broker,
                                                      runtime::HostedPartition& partition, Offset offset) {
  const Extent extent = extent_of(partition);
  if (offset < extent.start || offset >= extent.end) return std::nullopt;
  std::optional<deadletter::Record> found;
  const auto walked = walk_records(broker, partition, offset, offset + 1, one_record_bytes, [&](const Stored& stored) {
    if (stored.offset == offset) found = copy_of(stored);
    return true;
  });
  if (!walked) return failure_of(walked);
  return found;
}

bool is_same(const deadletter::Record& died, const deadletter::Record& stored) {
  return died.key == stored.key && (died.timestamp == stored.timestamp || died.value == stored.value);
}

Result<std::optional<Offset>> find_letter(runtime::BrokerRuntime& broker, runtime::HostedPartition& partition,
                                          Offset from, const std::string& id) {
  const Extent extent = extent_of(partition);
  std::optional<Offset> found;
  const auto walked =
      walk_records(broker, partition, std::max(from, extent.start), extent.end, SIZE_MAX, [&](const Stored& stored) {
        if (id_in(stored.view) != id) return true;
        found = stored.offset;
        return false;
      });
  if (!walked) return failure_of(walked);
  return found;
}

std::optional<Found> LetterReader::read(PartitionIndex partition, const Stored& stored) const {
  const auto headers = headers_in(stored.view);
  const record::NewRecord whole{
      .timestamp = stored.timestamp, .key = stored.view.key, .value = stored.view.value, .headers = headers};
  std::optional<Found> found;
  if (auto ours = deadletter::read_letter(whole)) {
    found = found_of(std::move(*ours));
  } else if (adoption_) {
    if (const auto others = deadletter::recognise(headers, stored.view.value)) {
      found = found_of(*others, *adoption_, stored);
      found->id = place_id(partition, stored.offset);
    }
  }
  if (found) found->place = {topic_, partition, stored.offset};
  return found;
}

bool Selecting::takes_facts(const Found& found) const {
  const auto& letter = found.letter;
  if (!takes(found.state)) return false;
  if (!ids_.empty() && !ids_.contains(found.id) && !ids_.contains(place_id(found.place.partition, found.place.offset)))
    return false;
  const auto& reasons = selection_.reasons;
  if (!reasons.empty() && std::ranges::find(reasons, letter.reason) == reasons.end()) return false;
  if (selection_.since != no_timestamp && letter.died_at < selection_.since) return false;
  return selection_.until == no_timestamp || (letter.died_at != no_timestamp && letter.died_at < selection_.until);
}

bool Selecting::takes(const Found& found) {
  return takes_facts(found) && (!selection_.where || passes(found.original));
}

bool Selecting::passes(const deadletter::Record& original) {
  const auto headers = deadletter::headers_of(original);
  const auto event = cloudevents::from_record(headers, deadletter::view_of(original, headers).value);
  return event && selection_.where->matches(filter::EventAttributes(*event), scratch_);
}

}  // namespace millrace::redrive
