#include "simulation/compaction_world.hpp"

#include <algorithm>

#include "millrace/record/builder.hpp"
#include "millrace/record/record.hpp"

namespace millrace::simulation {

namespace {

constexpr const char* directory = "profiles-0";
constexpr const char* checkpoint_path = "checkpoint";
constexpr const char* clean_path = "clean-shutdown";
constexpr ProducerId nobody = -1;

std::string text(Offset offset) { return std::to_string(offset.value()); }

}  // namespace

CompactionWorld::CompactionWorld(std::uint64_t seed)
    : seed_(seed), random_(seed), disk_(std::make_unique<support::FakeDisk>()) {
  settings_.log.segment_bytes = 1200;
  settings_.log.segment_ms = 8000;
  settings_.log.index_interval_bytes = 200;
  settings_.log.preallocate = random_.chance(50);
  settings_.retention.delete_enabled = false;
  settings_.compaction.enabled = true;
  settings_.compaction.dirty_ratio_min = 0.1;
  settings_.compaction.tombstone_ms = 6000;
}

std::unique_ptr<CompactionWorld> CompactionWorld::copy() const {
  auto other = std::make_unique<CompactionWorld>(seed_);
  other->disk_ = disk_->copy();
  other->settings_ = settings_;
  other->now_ = now_;
  other->batches_ = batches_;
  other->confirmed_ = confirmed_;
  other->passes_ = passes_;
  return other;
}

std::optional<Error> CompactionWorld::start() {
  const auto clean = log::take_clean_mark(*disk_, clean_path);
  if (!clean) return clean.error();
  std::optional<log::Checkpoint> known;
  const auto read = log::read_checkpoints(*disk_, checkpoint_path);
  if (read) known = read->checkpoints.at(directory);
  if (!read && read.error().code != Errc::not_found) return read.error();
  auto opened = broker::Partition::open(*disk_, directory, settings_, known, *clean && known, now_);
  if (!opened) return opened.error();
  partition_ = std::move(opened->partition);
  forget_behind(partition_->end());
  return std::nullopt;
}

/// What a crash took, nobody was promised.
void CompactionWorld::forget_behind(Offset end) {
  for (auto& [base, batch] : batches_) {
    if (!batch.header.is_control() || base < end) continue;
    // The transaction is open again.
    for (auto& [other, data] : batches_) {
      if (other >= base || data.header.producer_id != batch.header.producer_id) continue;
      const auto closed = std::ranges::any_of(batches_, [&](const auto& each) {
        return each.first > other && each.first < end && each.second.header.is_control() &&
               each.second.header.producer_id == data.header.producer_id;
      });
      if (closed) continue;
      for (auto& [offset, record] : data.records) record.aborted = false;
    }
  }
  batches_.erase(batches_.lower_bound(end), batches_.end());
}

void CompactionWorld::run(int steps, bool patient) {
  for (int i = 0; i < steps && !disk_->power_is_off(); ++i) {
    if (partition_ == nullptr) {
      (void)start();
      continue;
    }
    if (patient && partition_->offline()) {
      disk_->restart();
      drop_partition();
      continue;
    }
    step();
  }
}

void CompactionWorld::step() {
  const auto passed = static_cast<std::int64_t>(random_.below(1500));
  now_.wall += passed;
  now_.steady += Milliseconds(passed);
  const auto dice = random_.below(100);
  if (dice < 30) return append(nobody, false);
  if (dice < 45) return append(static_cast<ProducerId>(random_.below(3)), false);
  if (dice < 53) return append(static_cast<ProducerId>(7 + random_.below(2)), true);
  if (dice < 59) return end_transaction(static_cast<ProducerId>(7 + random_.below(2)));
  if (dice < 78) return flush();
  if (dice < 81) return write_checkpoint();
  if (dice < 83) return write_snapshot();
  if (dice < 85) return shut_down();
  if (dice < 87) return (void)partition_->log().roll_if_due(now_.wall);
  clean();
}

void CompactionWorld::append(ProducerId producer, bool transactional) {
  record::BatchBuilder builder(random_.chance(20) ? record::Codec::lz4 : record::Codec::none);
  std::vector<Written> written;
  for (auto left = 1 + random_.below(4); left > 0; --left) {
    Written record{.key = "key " + std::to_string(random_.below(8)), .value = {}, .wall = now_.wall};
    record.timestamp = now_.wall - static_cast<Timestamp>(random_.below(3000));
    if (!random_.chance(30)) record.value = std::string(random_.below(150), 'v') + std::to_string(random_.next());
    written.push_back(record);
  }
  for (const auto& each : written) {
    builder.add({.timestamp = each.timestamp,
                 .key = as_bytes(each.key),
                 .value = each.value ? std::optional(as_bytes(*each.value)) : std::nullopt,
                 .headers = {}});
  }
  if (producer != nobody) {
    std::int32_t sequence = 0;
    for (const auto& fact : partition_->producers()) {
      if (fact.id == producer) sequence = fact.last_sequence + 1;
    }
    builder.set_producer(producer, 0, sequence);
    builder.set_attributes(transactional, false);
  }
  auto bytes = builder.finish();
  // One whose append failed may be there all the same.
  const Offset base = partition_->end();
  const auto answer = partition_->append(bytes, record::read_header(bytes), now_);
  if (answer.error != ErrorCode::none && answer.error != ErrorCode::kafka_storage_error) return;
  Batch batch{record::read_header(bytes), {}};
  batch.header.base_offset = base;
  for (std::size_t i = 0; i < written.size(); ++i) batch.records[base + static_cast<std::int64_t>(i)] = written[i];
  batches_[base] = std::move(batch);
}

void CompactionWorld::end_transaction(ProducerId producer) {
  const auto facts = partition_->producers();
  const auto fact = std::ranges::find(facts, producer, &broker::ProducerFact::id);
  if (fact == facts.end() || fact->transaction_start == no_offset) return;
  const auto first = fact->transaction_start;
  const bool abort = random_.chance(50);
  const Offset base = partition_->end();
  (void)partition_->append_marker(producer, 0, abort ? broker::Marker::abort : broker::Marker::commit, 0, now_);
  record::BatchHeader header;
  header.base_offset = base;
  header.producer_id = producer;
  header.attributes = 0x30;
  batches_[base] = {header, {}};
  for (auto at = batches_.lower_bound(first); at != batches_.end() && abort; ++at) {
    if (at->second.header.producer_id != producer) continue;
    for (auto& [offset, record] : at->second.records) record.aborted = true;
  }
}

void CompactionWorld::flush() {
  const auto ticket = partition_->prepare_flush();
  if (!ticket) return;
  if (!log::perform(*disk_, ticket->work)) return partition_->take_offline({Errc::io, "a flush failed"});
  (void)partition_->flushed(*ticket);
  confirmed_ = std::max(confirmed_, partition_->durable_end());
}

void CompactionWorld::write_checkpoint() {
  (void)log::write_checkpoints(*disk_, checkpoint_path, {{directory, partition_->checkpoint()}});
}

void CompactionWorld::write_snapshot() {
  const auto ticket = partition_->prepare_snapshot();
  if (ticket) partition_->snapshot_done(*ticket, broker::write_snapshot(*disk_, *ticket).has_value());
}

void CompactionWorld::shut_down() {
  if (partition_->close()) {
    confirmed_ = std::max(confirmed_, partition_->durable_end());
    const auto written = log::write_checkpoints(*disk_, checkpoint_path, {{directory, partition_->checkpoint()}});
    if (written) (void)log::write_clean_mark(*disk_, clean_path);
  }
  drop_partition();
}

/// A pass, with life going on where others may be at work.
void CompactionWorld::clean() {
  const log::CleaningLimits limits{
      .map_bytes = random_.chance(30) ? 0U : 24U * static_cast<std::size_t>(random_.below(40)),
      .hash_key = {random_.next(), random_.next()}};
  auto pass = partition_->prepare_cleaning(limits, now_);
  if (!pass || !*pass) return;
  const log::CleaningAccess access{.locked = [&](const auto& work) { work(partition_->log()); },
                                   .named =
                                       [&](const auto& work) {
                                         if (random_.chance(20)) append(nobody, false);
                                         if (random_.chance(20)) flush();
                                         if (random_.chance(10)) write_checkpoint();
                                         if (random_.chance(20)) partition_->release_idle();
                                         work();
                                         return true;
                                       },
                                   .stopped = [] { return false; }};
  const auto cleaned = (*pass)->run(*disk_, access);
  if (cleaned && *cleaned) ++passes_;
}

std::map<Offset, CompactionWorld::Written> CompactionWorld::records() const {
  std::map<Offset, Written> all;
  for (const auto& [base, batch] : batches_) {
    if (base < partition_->end()) all.insert(batch.records.begin(), batch.records.end());
  }
  return all;
}

std::string CompactionWorld::check() {
  if (partition_->end() < confirmed_)
    return "it ends at " + text(partition_->end()) + ", confirmed " + text(confirmed_);
  // A first segment whose name was never flushed may be gone while the next one is there: nobody was promised it.
  if (partition_->start() != Offset(0) && confirmed_ > Offset(0)) return "it starts at " + text(partition_->start());
  batches_.erase(batches_.begin(), batches_.lower_bound(partition_->start()));
  if (!partition_->log().damaged().empty()) return "damage: " + partition_->log().damaged().front().reason;
  Found found;
  for (const auto& broken : {read_all(found), check_records(found), check_transactions(found), check_producers()}) {
    if (!broken.empty()) return broken;
  }
  if (!partition_->log().damaged().empty()) return "damage: " + partition_->log().damaged().front().reason;
  return {};
}

std::string CompactionWorld::read_all(Found& found) {
  std::string broken;
  Offset expected = partition_->start();
  const auto walked = partition_->log().walk(Offset(0), [&](const record::BatchHeader& header, ByteView batch) {
    if (header.base_offset != expected) broken = "a hole at " + text(expected);
    expected = header.next_offset();
    const auto records = record::read_records(batch);
    if (!records) broken = "the batch at " + text(header.base_offset) + " cannot be read";
    if (!records || header.is_control()) return broken.empty();
    for (const auto& each : *records) {
      auto& record = found.records[each.offset];
      record.key = as_text(*each.key);
      if (each.value) record.value = std::string(as_text(*each.value));
      record.timestamp = each.timestamp;
    }
    return broken.empty();
  });
  if (!walked) return "it cannot be read: " + walked.error().message;
  if (broken.empty() && expected != partition_->end()) return "it can be read to " + text(expected) + " only";
  return broken;
}

/// What is there is what was appended there; what is not there had its reason.
std::string CompactionWorld::check_records(const Found& found) {
  const auto appended = records();
  std::map<std::string, Offset> last;
  for (const auto& [offset, record] : appended) {
    if (!record.aborted) last[record.key] = offset;
  }
  for (const auto& [offset, record] : found.records) {
    const auto known = appended.find(offset);
    if (known == appended.end()) return "nobody appended a record at " + text(offset);
    const auto& [key, value, timestamp, aborted, wall] = known->second;
    if (key != record.key || value != record.value) return "the record at " + text(offset) + " is another";
    if (timestamp != record.timestamp) return "the record at " + text(offset) + " has another time";
  }
  for (const auto& [offset, record] : appended) {
    if (found.records.contains(offset) || record.aborted) continue;
    if (last.at(record.key) != offset) continue;
    if (record.value) return "the last value of " + record.key + ", at " + text(offset) + ", is gone";
    if (now_.wall <= record.wall + settings_.compaction.tombstone_ms) {
      return "the tombstone of " + record.key + " at " + text(offset) + " is gone before its time";
    }
    for (const auto& [older, other] : found.records) {
      const bool came_back = older < offset && other.key == record.key && !appended.at(older).aborted;
      if (came_back) return record.key + " at " + text(older) + " outlived its tombstone at " + text(offset);
    }
  }
  return {};
}

/// Whoever reads committed records sees none that was aborted, and all others.
std::string CompactionWorld::check_transactions(const Found& found) {
  const auto entries = partition_->log().aborted(Offset(0), partition_->end());
  if (!entries) return "the aborted transactions cannot be read: " + entries.error().message;
  const auto appended = records();
  for (const auto& [offset, record] : found.records) {
    const auto& batch = std::prev(batches_.upper_bound(offset))->second;
    const bool hidden = std::ranges::any_of(*entries, [&, at = offset](const auto& entry) {
      return entry.producer_id == batch.header.producer_id && entry.first_offset <= at && at < entry.last_offset;
    });
    if (hidden != appended.at(offset).aborted) {
      return "the record at " + text(offset) + (hidden ? " is hidden" : " is shown though it was aborted");
    }
  }
  return {};
}

/// Each producer goes on with the sequence that follows its last batch.
std::string CompactionWorld::check_producers() {
  std::map<ProducerId, std::int32_t> expected;
  for (const auto& [base, batch] : batches_) {
    if (!batch.header.has_producer() || batch.header.is_control() || base >= partition_->end()) continue;
    expected[batch.header.producer_id] = batch.header.last_sequence();
  }
  std::map<ProducerId, std::int32_t> actual;
  for (const auto& fact : partition_->producers()) {
    if (fact.last_sequence >= 0) actual[fact.id] = fact.last_sequence;
  }
  if (expected == actual) return {};
  for (const auto& [id, sequence] : expected) {
    const auto known = actual.find(id);
    if (known == actual.end()) return "producer " + std::to_string(id) + " is forgotten";
    if (known->second != sequence) {
      return "producer " + std::to_string(id) + " is at " + std::to_string(known->second) + ", not " +
             std::to_string(sequence);
    }
  }
  return "a producer nobody knows";
}

}  // namespace millrace::simulation
