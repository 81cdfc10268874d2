// Appending to a partition at work: with its lock for as long as the write takes, without it for what takes longer.

#include <algorithm>

#include "hosted_due.hpp"
#include "millrace/record/batch.hpp"

namespace millrace::runtime {

using broker::AppendAnswer;

bool HostedPartition::append_once(MutableBytes batch, const record::BatchHeader& validated,
                                  const broker::EventSettings& topic, Now now, PutAside* aside,
                                  const std::shared_ptr<AppendWait>& wait, std::size_t slot, AppendAnswer& answer) {
  broker::BatchEvents events{.hashes = broker::hashes_of(validated, batch, event_key_, topic), .firsts = {}};
  if (aside && !events.hashes.empty()) {
    // An event that breaks a rule is none that a good one could repeat.
    for (const auto index : aside->indexes) events.hashes[static_cast<std::size_t>(index)].reset();
  }
  if (events.hashes.empty() && !aside) return append(batch, validated, now, wait, slot, answer);
  // Each round but the last is lost to somebody who has stored an event of this batch, so there are not many.
  for (;;) {
    events.firsts = with([&](broker::Partition& partition) { return partition.find_repeats(events.hashes, now); });
    auto header = validated;
    Bytes fewer;
    const bool all = events.firsts.empty() && !aside;
    if (!all) {
      fewer = aside ? broker::without_unfit(validated, batch, events.firsts, aside->indexes)
                    : broker::without_repeats(validated, batch, events.firsts);
      if (!fewer.empty()) header = record::read_header(fewer);
    }
    const auto what = all ? batch : MutableBytes(fewer);
    const bool waits = append(what, header, now, &events, aside, wait, slot, answer);
    // One that waits was appended, and its answer may be another thread's by now.
    if (waits || !answer.is_outdated) return waits;
  }
}

/// Under the lock.
AppendAnswer HostedPartition::store(State& state, MutableBytes batch, const record::BatchHeader& validated, Now now,
                                    const broker::BatchEvents* events, Left& left) {
  auto answer = events ? state.partition->append_events(batch, validated, now, *events)
                       : state.partition->append(batch, validated, now);
  if (answer.error == ErrorCode::kafka_storage_error) left.trouble = answer.message;
  if (answer.error != ErrorCode::none || answer.is_outdated) return answer;
  if (!answer.duplicate) {
    left.is_stored = true;
    dirty_.store(true);
    traffic_.received_bytes.add(batch.size());
    traffic_.received_records.add(static_cast<std::uint64_t>(validated.record_count));
  }
  left.flush = must_flush(*state.partition, answer.next);
  if (!left.flush) left.flush_within = time_to_flush(*state.partition);
  if (answer.visible.after > answer.visible.before) {
    left.grown += answer.visible.bytes;
    left.woken = state.fetches;
  }
  return answer;
}

bool HostedPartition::append(MutableBytes batch, const record::BatchHeader& validated, Now now,
                             const broker::BatchEvents* events, PutAside* aside,
                             const std::shared_ptr<AppendWait>& wait, std::size_t slot, AppendAnswer& answer) {
  bool waits = false;
  Left left, left_there;
  used_.store(true, std::memory_order_relaxed);
  state_.with([&](State& state) {
    if (is_gone()) {
      answer.error = ErrorCode::unknown_topic_or_partition;
      return;
    }
    if (aside) {
      if (auto refused = write_letters(*state.partition, validated, now, *events, *aside, left_there)) {
        answer = *std::move(refused);
        return;
      }
    }
    answer = store(state, batch, validated, now, events, left);
    if (answer.error != ErrorCode::none || answer.is_outdated) return;
    waits = left.flush && wait != nullptr;
    if (waits) state.appends.push_back({answer.next, wait, slot});
  });
  // Of one that waits the answer may be another thread's by now.
  if (aside) aside->to->finish(left_there);
  finish(left);
  return waits;
}

std::optional<AppendAnswer> HostedPartition::write_letters(const broker::Partition& source,
                                                           const record::BatchHeader& validated, Now now,
                                                           const broker::BatchEvents& events, PutAside& aside,
                                                           Left& left) {
  auto base = source.end();
  if (const auto foreseen = source.foresee(validated, events)) {
    if (!foreseen->duplicate) return foreseen;
    // Its letters came with it. Only if a crash came between is it not known whether they stayed.
    if (foreseen->base_offset >= source.certain_from()) {
      aside.next = aside.to->with([](const broker::Partition& partition) { return partition.end(); });
      return std::nullopt;
    }
    base = foreseen->base_offset;
  }
  auto answer = aside.to->append_letters(aside.letters(base), now, aside.next, left);
  if (answer.error != ErrorCode::none) return answer;
  aside.first = answer.base_offset;
  return std::nullopt;
}

AppendAnswer HostedPartition::append_letters(std::vector<Bytes> batches, Now now, Offset& next, Left& left) {
  used_.store(true, std::memory_order_relaxed);
  return state_.with([&](State& state) {
    AppendAnswer first;
    for (auto& batch : batches) {
      AppendAnswer answer;
      if (is_gone()) {
        answer.error = ErrorCode::leader_not_available;
      } else {
        // The records keep their times, and retention counts from the day of their death: else old ones would go at
        // once.
        const auto newest = std::max(record::read_header(batch).max_timestamp, now.wall);
        const auto type = state.partition->settings().rules.timestamp_type;
        record::stamp_timestamp(batch, type, type == record::TimestampType::log_append_time ? now.wall : newest);
        answer = store(state, batch, record::read_header(batch), now, nullptr, left);
      }
      if (answer.error != ErrorCode::none) {
        answer.message = "dead letter not written: " + answer.message;
        return answer;
      }
      next = answer.next;
      if (first.base_offset == no_offset) first = std::move(answer);
    }
    return first;
  });
}

void HostedPartition::finish(const Left& left) {
  if (left.trouble) tell_trouble(*left.trouble);
  if (!left.trouble && left.is_stored && troubled_.load()) troubled_.store(false);
  if (left.flush) request_flush();
  if (left.flush_within) committer_.submit_within(shared_from_this(), *left.flush_within);
  wake(left.woken, left.grown);
}

void HostedPartition::tell_trouble(const std::string& why) {
  if (!troubled_.exchange(true) && on_trouble_) on_trouble_(directory_, why);
}

bool HostedPartition::wait_for_append(Offset next, const std::shared_ptr<AppendWait>& wait, std::size_t slot) {
  bool failed = false;
  const bool waits = state_.with([&](State& state) {
    const auto& partition = *state.partition;
    failed = is_gone() || (partition.offline() && partition.durable_end() < next);
    if (failed || !must_flush(partition, next)) return false;
    state.appends.push_back({next, wait, slot});
    return true;
  });
  if (failed) wait->settled(slot, ErrorCode::kafka_storage_error);
  if (waits) request_flush();
  return waits || failed;
}

}  // namespace millrace::runtime
