#include "millrace/broker/producer_state.hpp"

#include <algorithm>
#include <string>

namespace millrace::broker {

namespace {

/// Sequence numbers count modulo 2^31.
constexpr std::int32_t after(std::int32_t sequence) { return sequence == INT32_MAX ? 0 : sequence + 1; }

Refused refused(ErrorCode error, const record::BatchHeader& header, std::string_view why) {
  return {error, "producer " + std::to_string(header.producer_id) + " with epoch " +
                     std::to_string(header.producer_epoch) + ", sequence " + std::to_string(header.base_sequence) +
                     ": " + std::string(why)};
}

}  // namespace

ProducerVerdict ProducerState::check(const record::BatchHeader& header) const {
  if (!header.has_producer()) return AppendIt{};
  if (header.producer_epoch < 0 || header.base_sequence < 0) {
    return refused(ErrorCode::invalid_record, header, "a producer's epoch and sequence are not negative");
  }
  const auto found = by_id_.find(header.producer_id);
  if (found == by_id_.end()) {
    if (by_id_.size() >= bounds_.producers_max && idle_.empty()) {
      return refused(ErrorCode::policy_violation, header,
                     "all " + std::to_string(bounds_.producers_max) +
                         " producers of this partition have an open transaction and none can be forgotten");
    }
    return AppendIt{};  // its history may have been forgotten or deleted: any sequence is taken
  }
  const Producer& producer = *found->second;
  if (header.producer_epoch < producer.epoch) {
    return refused(ErrorCode::invalid_producer_epoch, header, "fenced by epoch " + std::to_string(producer.epoch));
  }
  if (header.producer_epoch == producer.epoch) {
    for (const auto& batch : producer.batches) {
      if (batch.first_sequence == header.base_sequence && batch.last_sequence == header.last_sequence()) {
        return Duplicate{batch.base_offset, batch.next(), batch.log_append_time};
      }
    }
  }
  const bool continues = header.producer_epoch == producer.epoch && !producer.batches.empty();
  const auto expected = continues ? after(producer.batches.back().last_sequence) : 0;
  if (header.base_sequence != expected) {
    return refused(ErrorCode::out_of_order_sequence_number, header, "expected is " + std::to_string(expected));
  }
  if (producer.transaction_start && !header.is_transactional()) {
    return refused(ErrorCode::invalid_txn_state, header,
                   "a batch outside of the transaction that is open since offset " +
                       std::to_string(producer.transaction_start->value()));
  }
  return AppendIt{};
}

ErrorCode ProducerState::check_marker(ProducerId id, ProducerEpoch epoch, std::int32_t coordinator_epoch) const {
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return ErrorCode::none;
  if (epoch < found->second->epoch) return ErrorCode::invalid_producer_epoch;
  if (coordinator_epoch < found->second->coordinator_epoch) return ErrorCode::transaction_coordinator_fenced;
  return ErrorCode::none;
}

void ProducerState::update(const record::BatchHeader& appended, Instant now) {
  if (!appended.has_producer()) return;
  const auto producer = touch(appended.producer_id, appended.producer_epoch, now);
  if (producer->batches.size() == remembered_batches) producer->batches.erase(producer->batches.begin());
  const bool broker_time = appended.timestamp_type() == record::TimestampType::log_append_time;
  producer->batches.push_back({appended.base_sequence, appended.last_sequence(), appended.base_offset,
                               broker_time ? appended.max_timestamp : no_timestamp});
  producer->last_timestamp = appended.max_timestamp;
  if (appended.is_transactional() && !producer->transaction_start) {
    producer->transaction_start = appended.base_offset;
    open_.splice(open_.end(), idle_, producer);
  }
}

std::optional<ClosedTransaction> ProducerState::update_marker(const record::BatchHeader& appended,
                                                              std::int32_t coordinator_epoch, Instant now) {
  if (!appended.has_producer()) return std::nullopt;
  const auto producer = touch(appended.producer_id, appended.producer_epoch, now);
  producer->coordinator_epoch = std::max(producer->coordinator_epoch, coordinator_epoch);
  producer->last_timestamp = appended.max_timestamp;
  if (!producer->transaction_start) return std::nullopt;
  ClosedTransaction closed{producer->id, *producer->transaction_start, appended.base_offset, appended.next_offset()};
  producer->transaction_start.reset();
  idle_.splice(idle_.end(), open_, producer);
  if (!open_.empty()) closed.last_stable_offset = *open_.front().transaction_start;
  unsettled_.push_back({closed.first_offset, closed.marker_offset});
  return closed;
}

/// The producer, made if it is new, with `epoch` as its own and as the one that was active last.
ProducerState::Producers::iterator ProducerState::touch(ProducerId id, ProducerEpoch epoch, Instant now) {
  auto found = by_id_.find(id);
  if (found == by_id_.end()) {
    make_room();
    auto& made = idle_.emplace_back();
    made.id = id;
    made.epoch = epoch;
    found = by_id_.emplace(id, std::prev(idle_.end())).first;
  }
  const auto producer = found->second;
  if (!producer->transaction_start) idle_.splice(idle_.end(), idle_, producer);
  if (producer->epoch != epoch) {
    producer->epoch = epoch;
    producer->batches.clear();
  }
  producer->last_active = now;
  return producer;
}

void ProducerState::make_room() {
  while (by_id_.size() >= bounds_.producers_max && !idle_.empty()) forget_longest_idle();
}

void ProducerState::expire(Instant now) {
  while (!idle_.empty() && now - idle_.front().last_active >= bounds_.expire_after) forget_longest_idle();
}

void ProducerState::forget_longest_idle() {
  by_id_.erase(idle_.front().id);
  idle_.pop_front();
}

std::vector<ProducerFact> ProducerState::facts() const {
  std::vector<ProducerFact> all;
  all.reserve(by_id_.size());
  for (const auto& [id, producer] : by_id_) {
    all.push_back({id, producer->epoch, producer->batches.empty() ? -1 : producer->batches.back().last_sequence,
                   producer->last_timestamp, producer->coordinator_epoch,
                   producer->transaction_start.value_or(no_offset)});
  }
  std::ranges::sort(all, {}, &ProducerFact::id);
  return all;
}

std::vector<log::LastBatch> ProducerState::last_batches() const {
  std::vector<log::LastBatch> all;
  all.reserve(by_id_.size());
  for (const auto& [id, producer] : by_id_) {
    all.push_back({id, producer->epoch, producer->batches.empty() ? no_offset : producer->batches.back().base_offset});
  }
  return all;
}

std::optional<Offset> ProducerState::first_unstable(Offset high_watermark) const {
  std::optional<Offset> first;
  if (!open_.empty()) first = open_.front().transaction_start;
  for (const auto& closed : unsettled_) {
    if (closed.marker_offset >= high_watermark && (!first || closed.first_offset < *first)) first = closed.first_offset;
  }
  return first;
}

void ProducerState::settle(Offset high_watermark) {
  while (!unsettled_.empty() && unsettled_.front().marker_offset < high_watermark) unsettled_.pop_front();
}

}  // namespace millrace::broker
