#include "keeper.hpp"

#include <algorithm>

#include "millrace/record/compact.hpp"

namespace millrace::log {

bool AbortedSweep::covers(const record::BatchHeader& batch) {
  for (; next_ < transactions_.size() && transactions_[next_].first_offset <= batch.base_offset; ++next_) {
    const auto& begun = transactions_[next_];
    auto& until = until_[begun.producer_id];
    until = std::max(until, begun.last_offset);
  }
  if (!batch.is_transactional()) return false;
  const auto found = until_.find(batch.producer_id);
  return found != until_.end() && batch.base_offset < found->second;
}

Keeper::Keeper(Facts facts, OffsetMap map)
    : facts_(std::move(facts)),
      map_(std::move(map)),
      end_(facts_.dirty_from),
      learning_(facts_.aborted),
      judging_(facts_.aborted) {
  for (const LastBatch& batch : facts_.producers) last_.emplace(batch.producer_id, batch);
}

bool Keeper::learn(const record::BatchHeader& header, ByteView batch) {
  const bool aborted = learning_.covers(header);
  end_ = header.next_offset();
  if (header.is_control() || header.record_count == 0 || aborted) return true;
  const auto records = record::plain_records(header, batch, room_);
  if (!records) return true;  // nobody can read it: it stays as it is
  record::RecordCursor cursor(*records, header.record_count);
  for (auto record = cursor.next(); record && *record; record = cursor.next()) {
    const Offset offset = header.base_offset + (*record)->offset_delta;
    if (offset < facts_.dirty_from || !(*record)->key) continue;
    if (map_.put(*(*record)->key, offset)) continue;
    end_ = offset;
    return false;
  }
  return true;
}

Keeper::Fate Keeper::judge(const record::BatchHeader& header, ByteView batch, Bytes& to) {
  if (header.base_offset >= end_) return Fate::stays;
  if (header.is_control()) return judge_control(header, batch, to);
  const auto fate = judge_records(header, batch, to);
  if (fate != Fate::goes && header.is_transactional()) with_data_.insert(header.producer_id);
  return fate;
}

bool Keeper::is_last_of_producer(const record::BatchHeader& header) const {
  if (!header.has_producer()) return false;
  const auto found = last_.find(header.producer_id);
  if (found == last_.end()) return false;
  const auto& last = found->second;
  if (!header.is_control()) return last.base_offset == header.base_offset;
  return last.base_offset == no_offset && last.producer_epoch == header.producer_epoch;
}

bool Keeper::may_go(const record::BatchHeader& header) const {
  const auto horizon = header.delete_horizon();
  return horizon && facts_.wall_now > *horizon;
}

/// A marker is needed as long as anything of its transaction is there, and then as long as a tombstone.
Keeper::Fate Keeper::judge_control(const record::BatchHeader& header, ByteView batch, Bytes& to) {
  const bool ends_something = with_data_.erase(header.producer_id) > 0;
  if (header.record_count == 0 && !is_last_of_producer(header)) return Fate::goes;
  if (ends_something || !header.has_producer() || is_last_of_producer(header)) return Fate::stays;
  if (may_go(header)) return Fate::goes;
  const auto records = record::plain_records(header, batch, room_);
  if (!records || header.record_count != 1 || !record::RecordCursor(*records, 1).next()) return Fate::stays;
  return with_horizon(header, *records, {true}, to);
}

Keeper::Fate Keeper::judge_records(const record::BatchHeader& header, ByteView batch, Bytes& to) {
  const bool aborted = judging_.covers(header);
  if (header.record_count == 0) return is_last_of_producer(header) ? Fate::stays : Fate::goes;
  const auto records = record::plain_records(header, batch, room_);
  if (!records) return Fate::stays;
  const bool tombstones_go = may_go(header);
  std::vector<bool> keep;
  bool any = false, all = true, tombstones = false;
  record::RecordCursor cursor(*records, header.record_count);
  for (;;) {
    const auto record = cursor.next();
    if (!record) return Fate::stays;
    if (!*record) break;
    const auto& [timestamp_delta, offset_delta, key, value, header_count, headers] = **record;
    const Offset offset = header.base_offset + offset_delta;
    const bool goes = offset < end_ && (aborted || !key || is_superseded(offset, *key) || (!value && tombstones_go));
    keep.push_back(!goes);
    any = any || !goes;
    all = all && !goes;
    tombstones = tombstones || (!goes && !value);
  }
  if (!any) return without_records(header, to);
  // Older records of a key are gone only below the end: from there on a tombstone is needed for longer yet.
  if (tombstones && header.next_offset() <= end_) {
    const auto fate = with_horizon(header, *records, keep, to);
    if (fate == Fate::changes || all) return fate;
  }
  if (all) return Fate::stays;
  to = record::rebuild(header, *records, keep, std::nullopt);
  return Fate::changes;
}

bool Keeper::is_superseded(Offset offset, ByteView key) const {
  const auto last = map_.find(key);
  return last && *last > offset;
}

Keeper::Fate Keeper::without_records(const record::BatchHeader& header, Bytes& to) const {
  if (!is_last_of_producer(header)) return Fate::goes;
  to = record::emptied(header);
  return Fate::changes;
}

/// Fate::stays when it has a horizon already.
Keeper::Fate Keeper::with_horizon(const record::BatchHeader& header, ByteView records, const std::vector<bool>& keep,
                                  Bytes& to) {
  const auto known = header.delete_horizon();
  constexpr auto forever = std::numeric_limits<Timestamp>::max();
  const bool reaches = facts_.tombstone_ms < forever - std::max<Timestamp>(facts_.wall_now, 0);
  const Timestamp horizon = known.value_or(reaches ? facts_.wall_now + facts_.tombstone_ms : forever);
  latest_horizon_ = std::max(latest_horizon_, horizon);
  if (known) return Fate::stays;
  to = record::rebuild(header, records, keep, horizon);
  return Fate::changes;
}

}  // namespace millrace::log
