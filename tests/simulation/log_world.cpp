#include "simulation/log_world.hpp"

#include <algorithm>

#include "millrace/record/builder.hpp"
#include "millrace/record/record.hpp"

namespace millrace::simulation {

namespace {

constexpr const char* directory = "orders-0";
constexpr const char* checkpoint_path = "checkpoint";
constexpr const char* clean_path = "clean-shutdown";

std::string text(Offset offset) { return std::to_string(offset.value()); }

}  // namespace

LogWorld::LogWorld(std::uint64_t seed) : seed_(seed), random_(seed), disk_(std::make_unique<support::FakeDisk>()) {
  config_.segment_bytes = 3000;
  config_.segment_ms = 10'000;
  config_.index_interval_bytes = 300;
  config_.preallocate = random_.chance(70);
}

std::unique_ptr<LogWorld> LogWorld::copy() const {
  auto other = std::make_unique<LogWorld>(seed_);
  other->disk_ = disk_->copy();
  other->config_ = config_;
  other->wall_ = wall_;
  other->epoch_ = epoch_;
  other->appended_ = appended_;
  other->confirmed_ = confirmed_;
  other->safe_start_ = safe_start_;
  other->highest_start_ = highest_start_;
  return other;
}

void LogWorld::drop_log() {
  ticket_.reset();
  log_.reset();
}

std::optional<Error> LogWorld::start() {
  drop_log();
  const auto clean = log::take_clean_mark(*disk_, clean_path);
  if (!clean) return clean.error();
  std::optional<log::Checkpoint> known;
  const auto read = log::read_checkpoints(*disk_, checkpoint_path);
  if (read) {
    if (const auto at = read->checkpoints.find(directory); at != read->checkpoints.end()) known = at->second;
    if (read->used_older && known) safe_start_ = std::min(safe_start_, known->start);
  } else if (read.error().code != Errc::not_found) {
    return read.error();
  }
  auto opened = log::Log::open(*disk_, directory, config_, known, *clean);
  if (!opened) return opened.error();
  log_ = std::move(opened->log);
  report_ = std::move(opened->report);
  appended_.erase(appended_.lower_bound(log_->end()), appended_.end());
  return std::nullopt;
}

void LogWorld::run(int steps, bool patient) {
  for (int i = 0; i < steps && !disk_->power_is_off(); ++i) {
    if (log_ == nullptr) {
      (void)start();
      continue;
    }
    if (patient && log_->offline()) {
      disk_->restart();
      drop_log();
      continue;
    }
    step();
  }
}

void LogWorld::step() {
  wall_ += static_cast<Timestamp>(random_.below(1500));
  const auto dice = random_.below(100);
  if (dice < 50) return append();
  if (dice < 65) return flush();
  if (dice < 70) return take_ticket();
  if (dice < 76) return finish_ticket();
  if (dice < 82) return write_checkpoint();
  if (dice < 84) return retire();
  if (dice < 86) return advance_start();
  if (dice < 88) return write_in_transaction();
  if (dice < 89) return end_transaction();
  if (dice < 91) return shut_down();
  if (dice < 93) return log_->release_idle();
  if (dice < 94) return (void)log_->roll_if_due(wall_);
  read_somewhere();
}

void LogWorld::append() {
  if (random_.chance(3)) ++epoch_;
  record::BatchBuilder builder;
  const auto count = 1 + random_.below(4);
  for (std::uint64_t i = 0; i < count; ++i) {
    Bytes value(random_.below(400));
    // Zeros and stretches of nothing, which damage could be mistaken for, are part of life.
    const bool blank = random_.chance(20);
    for (auto& byte : value) byte = blank ? std::byte{0} : static_cast<std::byte>(random_.next());
    builder.add({.timestamp = wall_ - static_cast<Timestamp>(random_.below(3000)),
                 .key = std::nullopt,
                 .value = value,
                 .headers = {}});
  }
  (void)put(builder.finish());
}

/// A batch whose append failed may be there all the same: half a write is a whole one when the rest is zeros.
bool LogWorld::put(Bytes batch) {
  const Offset base = log_->end();
  const bool done = log_->append(batch, std::max(epoch_, log_->latest_epoch()), wall_).has_value();
  const Offset next = base + record::read_header(batch).last_offset_delta + 1;
  appended_[base] = {std::move(batch), next};
  return done;
}

void LogWorld::confirm(const log::FlushTicket& ticket) {
  log_->flushed(ticket);
  confirmed_ = std::max(confirmed_, log_->durable_end());
}

void LogWorld::flush() {
  const auto ticket = log_->prepare_flush();
  if (!ticket) return;
  if (const auto performed = log::perform(*disk_, ticket->work)) return confirm(*ticket);
  log_->take_offline({Errc::io, "a flush failed"});
}

void LogWorld::take_ticket() {
  if (!ticket_) ticket_ = log_->prepare_flush();
}

void LogWorld::finish_ticket() {
  if (!ticket_) return;
  const auto ticket = *std::exchange(ticket_, std::nullopt);
  if (const auto performed = log::perform(*disk_, ticket.work)) return confirm(ticket);
  log_->take_offline({Errc::io, "a flush failed"});
}

void LogWorld::write_checkpoint() {
  const auto checkpoint = log_->checkpoint();
  if (!log::write_checkpoints(*disk_, checkpoint_path, {{directory, checkpoint}})) return;
  safe_start_ = std::max(safe_start_, checkpoint.start);
}

void LogWorld::retire() {
  const log::Retention policy{.bytes = static_cast<std::int64_t>(random_.below(12'000)),
                              .ms = random_.chance(10) ? 2000 : 1'000'000};
  const auto doomed = log_->retire(policy, log_->durable_end(), wall_);
  highest_start_ = std::max(highest_start_, log_->start());
  if (doomed && random_.chance(70)) (void)log::remove(*disk_, *doomed);
}

void LogWorld::advance_start() {
  const auto room = log_->durable_end() - log_->start();
  if (room <= 0) return;
  (void)log_->advance_start(log_->start() +
                            static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(room))) / 3);
  highest_start_ = std::max(highest_start_, log_->start());
}

void LogWorld::write_in_transaction() {
  const auto producer = static_cast<ProducerId>(7 + random_.below(2));
  record::BatchBuilder builder;
  builder.add({.timestamp = wall_, .key = std::nullopt, .value = as_bytes("in a transaction"), .headers = {}});
  builder.set_producer(producer, 0, sequences_[producer]);
  builder.set_attributes(true, false);
  if (put(builder.finish())) ++sequences_[producer];
}

void LogWorld::end_transaction() {
  const auto producer = static_cast<ProducerId>(7 + random_.below(2));
  const auto open = transactions().open;
  const auto began = open.find(producer);
  if (began == open.end()) return;
  const bool commit = random_.chance(30);
  record::BatchBuilder builder;
  const Bytes key = to_bytes(std::string_view(commit ? "\0\0\0\1" : "\0\0\0\0", 4));
  const Bytes value = to_bytes(std::string_view("\0\0\0\0\0\0", 6));
  builder.add({.timestamp = wall_, .key = key, .value = value, .headers = {}});
  builder.set_producer(producer, 0, -1);
  builder.set_attributes(true, true);
  const Offset marker = log_->end();
  if (!put(builder.finish()) || commit) return;
  Offset stable = marker + 1;
  for (const auto& [other, first] : open) {
    if (other != producer) stable = std::min(stable, first);
  }
  (void)log_->append_aborted(
      {.producer_id = producer, .first_offset = began->second, .last_offset = marker, .last_stable_offset = stable});
}

/// What the batches themselves say.
LogWorld::Transactions LogWorld::transactions() const {
  Transactions all;
  for (const auto& [base, batch] : appended_) {
    const auto header = record::read_header(batch.bytes);
    if (!header.is_transactional()) continue;
    if (!header.is_control()) {
      all.open.emplace(header.producer_id, base);
      continue;
    }
    const auto began = all.open.find(header.producer_id);
    if (began == all.open.end()) continue;
    const auto records = record::read_records(batch.bytes);
    const bool abort = records && records->front().key->back() == std::byte{0};
    if (abort) all.aborted.emplace(base, began->second);
    all.open.erase(began);
  }
  return all;
}

void LogWorld::shut_down() {
  const bool closed = log_->close().has_value();
  if (closed) confirmed_ = std::max(confirmed_, log_->durable_end());
  if (closed) {
    write_checkpoint();
    if (!disk_->power_is_off()) (void)log::write_clean_mark(*disk_, clean_path);
  }
  drop_log();
}

void LogWorld::read_somewhere() {
  const auto count = log_->end() - log_->start();
  if (count == 0) return;
  const Offset from = log_->start() + static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(count)));
  (void)log_->read(from, random_.below(2000), log_->end(), true);
}

std::string LogWorld::check() {
  if (log_->end() < confirmed_) return "the log ends at " + text(log_->end()) + ", confirmed was " + text(confirmed_);
  if (log_->start() < safe_start_) return "the log starts at " + text(log_->start()) + ", below " + text(safe_start_);
  // A first segment whose name was never flushed may be gone while the next one is there: nobody was promised it.
  if (log_->start() > highest_start_ && confirmed_ > highest_start_) {
    return "the log starts at " + text(log_->start()) + ", nobody moved it beyond " + text(highest_start_);
  }
  if (!log_->damaged().empty()) return "damage where none was done: " + log_->damaged().front().reason;
  if (auto broken = check_batches(); !broken.empty()) return broken;
  if (auto broken = check_aborted(); !broken.empty()) return broken;
  if (!log_->damaged().empty()) return "reading met damage where none was done: " + log_->damaged().front().reason;
  return {};
}

/// Every batch from the start to the end is one that was appended there, byte by byte, without a hole.
std::string LogWorld::check_batches() {
  Offset at = log_->start();
  while (at < log_->end()) {
    const auto slice = log_->read(at, 1 + random_.below(3000), log_->end(), true);
    if (!slice) return "offset " + text(at) + " cannot be read: " + slice.error().message;
    if (slice->file == nullptr) return "nothing to read at " + text(at);
    Bytes bytes(slice->length);
    const auto got = slice->file->read_at(slice->position, bytes);
    if (!got || *got != bytes.size()) return "the slice at " + text(at) + " is shorter than it says";
    for (ByteView rest = bytes; !rest.empty();) {
      if (rest.size() < record::header_bytes) return "half a header at " + text(at);
      const auto header = record::read_header(rest);
      const auto known = appended_.find(header.base_offset);
      if (known == appended_.end()) return "nobody appended a batch at " + text(header.base_offset);
      if (header.base_offset > at) return "a hole at " + text(at);
      const auto& batch = known->second.bytes;
      if (rest.size() < batch.size() || !std::ranges::equal(rest.first(batch.size()), batch)) {
        return "the batch at " + text(header.base_offset) + " is not what was appended";
      }
      at = known->second.next;
      rest = rest.subspan(batch.size());
    }
    if (slice->next != at) return "the slice says it goes on at " + text(slice->next) + ", not " + text(at);
  }
  return {};
}

/// Every abort is known from its first record on, and nothing else is taken for aborted.
std::string LogWorld::check_aborted() {
  const auto found = log_->aborted(log_->start(), log_->end());
  if (!found) return "the aborted transactions cannot be read: " + found.error().message;
  auto expected = transactions().aborted;
  for (const auto& entry : *found) {
    const auto known = expected.find(entry.last_offset);
    if (known == expected.end()) return "nobody aborted anything at " + text(entry.last_offset);
    // Of a transaction that retention has begun to remove, the rest is enough.
    if (known->second >= log_->start() && entry.first_offset != known->second) {
      return "the abort at " + text(entry.last_offset) + " begins at " + text(entry.first_offset);
    }
    expected.erase(known);
  }
  for (const auto& [marker, first] : expected) {
    if (first >= log_->start() && marker >= log_->start()) return "the abort at " + text(marker) + " is forgotten";
  }
  return {};
}

}  // namespace millrace::simulation
