// The bytes of docs/formats/producer_snapshot.md.

#include <string>
#include <utility>

#include "millrace/broker/producer_state.hpp"
#include "millrace/core/byte_cursor.hpp"

namespace millrace::broker {

namespace {

constexpr std::uint32_t magic = 0x4D525053;  // "MRPS"
constexpr std::int16_t version = 2;
constexpr std::size_t header_bytes = 18;
constexpr std::size_t producer_bytes = 31;
constexpr std::size_t batch_bytes = 24;

Failure broken(std::string why) { return failure(Errc::corrupt, "producer snapshot: " + std::move(why)); }

}  // namespace

Bytes ProducerState::encode(Offset at) const {
  Bytes to;
  to.reserve(header_bytes + by_id_.size() * (producer_bytes + remembered_batches * batch_bytes));
  append_be(to, magic);
  append_be(to, version);
  append_be(to, at.value());
  append_be(to, static_cast<std::uint32_t>(by_id_.size()));
  for (const auto* producers : {&idle_, &open_}) {
    for (const auto& producer : *producers) {
      append_be(to, producer.id);
      append_be(to, producer.epoch);
      append_be(to, producer.coordinator_epoch);
      append_be(to, producer.transaction_start.value_or(no_offset).value());
      append_be(to, producer.last_timestamp);
      append_be(to, static_cast<std::uint8_t>(producer.batches.size()));
      for (const auto& batch : producer.batches) {
        append_be(to, batch.first_sequence);
        append_be(to, batch.last_sequence);
        append_be(to, batch.base_offset.value());
        append_be(to, batch.log_append_time);
      }
    }
  }
  return to;
}

Result<ProducerState::Snapshot> ProducerState::decode(ByteView bytes, Instant now, ProducerLimits bounds) {
  ByteCursor from(bytes);
  if (from.integer<std::uint32_t>() != magic) return broken("it does not begin with MRPS");
  const auto found_version = from.integer<std::int16_t>();
  if (found_version != version) return broken("version " + std::to_string(found_version) + " is not 2");
  Snapshot snapshot{Offset(from.integer<std::int64_t>()), ProducerState(bounds)};
  const auto count = from.integer<std::uint32_t>();
  if (!from.ok() || snapshot.at < Offset(0)) return broken("the header is short or its offset negative");
  if (count > from.rest().size() / producer_bytes) return broken(std::to_string(count) + " producers do not fit in it");
  auto& state = snapshot.state;
  for (std::uint32_t i = 0; i < count; ++i) {
    Producer producer;
    producer.id = from.integer<ProducerId>();
    producer.epoch = from.integer<ProducerEpoch>();
    producer.coordinator_epoch = from.integer<std::int32_t>();
    producer.last_active = now;
    const auto start = Offset(from.integer<std::int64_t>());
    if (start != no_offset) producer.transaction_start = start;
    producer.last_timestamp = from.integer<Timestamp>();
    const auto batches = from.integer<std::uint8_t>();
    if (batches > remembered_batches) return broken(std::to_string(batches) + " batches of one producer are over 5");
    for (std::uint8_t j = 0; j < batches; ++j) {
      Batch batch{from.integer<std::int32_t>(), from.integer<std::int32_t>(), Offset(from.integer<std::int64_t>()),
                  from.integer<Timestamp>()};
      const auto least = producer.batches.empty() ? Offset(0) : producer.batches.back().next();
      const bool sane = batch.first_sequence >= 0 && batch.last_sequence >= 0 && batch.base_offset >= least &&
                        batch.base_offset < snapshot.at && batch.next() <= snapshot.at;
      if (!sane) return broken("a batch of producer " + std::to_string(producer.id) + " breaks the rules");
      producer.batches.push_back(batch);
    }
    if (!from.ok()) return broken("it ends inside a producer");
    if (producer.id < 0 || producer.epoch < 0) return broken("a producer's id or epoch is negative");
    if (!state.restore(std::move(producer), snapshot.at)) {
      return broken("producer " + std::to_string(i) + " of " + std::to_string(count) +
                    " is out of order or twice there");
    }
  }
  if (!from.rest().empty()) return broken(std::to_string(from.rest().size()) + " bytes follow the last producer");
  return snapshot;
}

/// False when the order of the snapshot does not allow this producer here.
bool ProducerState::restore(Producer producer, Offset at) {
  if (by_id_.contains(producer.id)) return false;
  const auto start = producer.transaction_start;
  if (start) {
    if (*start < Offset(0) || *start >= at) return false;
    if (!open_.empty() && *start <= *open_.back().transaction_start) return false;
  } else if (!open_.empty()) {
    return false;
  }
  make_room();
  auto& home = start ? open_ : idle_;
  home.push_back(std::move(producer));
  by_id_.emplace(home.back().id, std::prev(home.end()));
  return true;
}

}  // namespace millrace::broker
