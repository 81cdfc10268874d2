#include "millrace/runtime/hosted_partition.hpp"

#include <algorithm>
#include <iterator>

namespace millrace::runtime {

using broker::AppendAnswer;
using broker::Durability;

namespace {

/// How soon what was appended has to be flushed; nothing when no time is set.
std::optional<Milliseconds> time_to_flush(const broker::Partition& partition) {
  const auto& settings = partition.settings();
  const bool bounded = settings.durability != Durability::fsync && settings.flush.ms < broker::FlushBounds{}.ms;
  return bounded && partition.durable_end() < partition.end() ? std::optional(Milliseconds{settings.flush.ms})
                                                              : std::nullopt;
}

/// Is everything below `next` to be flushed before it is answered?
bool must_flush(const broker::Partition& partition, Offset next) {
  const auto unflushed = next - partition.durable_end();
  const auto& settings = partition.settings();
  return unflushed > 0 && (settings.durability == Durability::fsync || unflushed >= settings.flush.messages);
}

void wake(const std::vector<std::shared_ptr<FetchWait>>& waits, std::uint64_t bytes) {
  for (const auto& wait : waits) wait->grew(bytes);
}

}  // namespace

HostedPartition::HostedPartition(std::string directory, std::unique_ptr<broker::Partition> partition,
                                 Committer& committer, OnTrouble on_trouble)
    : directory_(std::move(directory)),
      state_(State{std::move(partition), {}, {}}),
      committer_(committer),
      on_trouble_(std::move(on_trouble)),
      leader_epoch_(with([](const broker::Partition& opened) { return opened.leader_epoch(); })),
      event_key_(with([](const broker::Partition& opened) { return opened.event_key(); })) {}

bool HostedPartition::append_once(MutableBytes batch, const record::BatchHeader& validated,
                                  const broker::EventSettings& topic, Now now, const std::shared_ptr<AppendWait>& wait,
                                  std::size_t slot, AppendAnswer& answer) {
  broker::BatchEvents events{.hashes = broker::hashes_of(validated, batch, event_key_, topic), .firsts = {}};
  if (events.hashes.empty()) return append(batch, validated, now, wait, slot, answer);
  // Each round but the last is lost to somebody who has stored an event of this batch, so there are not many.
  for (;;) {
    events.firsts = with([&](broker::Partition& partition) { return partition.find_repeats(events.hashes, now); });
    auto header = validated;
    Bytes fewer;
    if (!events.firsts.empty()) {
      fewer = broker::without_repeats(validated, batch, events.firsts);
      if (!fewer.empty()) header = record::read_header(fewer);
    }
    const auto what = events.firsts.empty() ? batch : MutableBytes(fewer);
    const bool waits = append(what, header, now, &events, wait, slot, answer);
    // One that waits was appended, and its answer may be another thread's by now.
    if (waits || !answer.is_outdated) return waits;
  }
}

bool HostedPartition::append(MutableBytes batch, const record::BatchHeader& validated, Now now,
                             const broker::BatchEvents* events, const std::shared_ptr<AppendWait>& wait,
                             std::size_t slot, AppendAnswer& answer) {
  std::vector<std::shared_ptr<FetchWait>> woken;
  bool waits = false, flush = false;
  std::optional<Milliseconds> flush_within;
  std::uint64_t grown = 0;
  used_.store(true, std::memory_order_relaxed);
  state_.with([&](State& state) {
    if (is_gone()) {
      answer.error = ErrorCode::unknown_topic_or_partition;
      return;
    }
    answer = events ? state.partition->append_events(batch, validated, now, *events)
                    : state.partition->append(batch, validated, now);
    if (answer.error != ErrorCode::none || answer.is_outdated) return;
    if (!answer.duplicate) {
      dirty_.store(true);
      traffic_.received_bytes.add(batch.size());
      traffic_.received_records.add(static_cast<std::uint64_t>(validated.record_count));
    }
    flush = must_flush(*state.partition, answer.next);
    if (!flush) flush_within = time_to_flush(*state.partition);
    waits = flush && wait != nullptr;
    if (waits) state.appends.push_back({answer.next, wait, slot});
    if (answer.visible.after > answer.visible.before) {
      grown = answer.visible.bytes;
      woken = state.fetches;
    }
  });
  if (answer.error == ErrorCode::kafka_storage_error) tell_trouble(answer.message);
  if (answer.error == ErrorCode::none && !answer.duplicate && !answer.is_outdated && troubled_.load())
    troubled_.store(false);
  if (flush) request_flush();
  if (flush_within) committer_.submit_within(shared_from_this(), *flush_within);
  wake(woken, grown);
  return waits;
}

void HostedPartition::count_sent(const log::Slice& slice, Offset asked) noexcept {
  if (slice.length == 0) return;
  traffic_.sent_bytes.add(slice.length);
  traffic_.sent_records.add(static_cast<std::uint64_t>(slice.next - std::max(asked, slice.first)));
}

void HostedPartition::tell_trouble(const std::string& why) {
  if (!troubled_.exchange(true) && on_trouble_) on_trouble_(directory_, why);
}

bool HostedPartition::wait_for_flush(Offset until, const std::shared_ptr<AppendWait>& wait, std::size_t slot) {
  const bool waits = state_.with([&](State& state) {
    if (is_gone() || state.partition->durable_end() >= until || state.partition->offline()) return false;
    state.appends.push_back({until, wait, slot});
    return true;
  });
  if (waits) request_flush();
  return waits;
}

bool HostedPartition::let_go_of_files() {
  return with([](broker::Partition& partition) {
    partition.release_idle();
    return partition.durable_end() == partition.end();
  });
}

broker::FetchAnswer HostedPartition::read(const broker::FetchSpec& spec) {
  used_.store(true, std::memory_order_relaxed);
  return state_.with([&](State& state) {
    if (!is_gone()) return state.partition->read(spec);
    broker::FetchAnswer gone;
    gone.error = ErrorCode::unknown_topic_or_partition;
    return gone;
  });
}

bool HostedPartition::wait_for_growth(const std::shared_ptr<FetchWait>& wait, broker::Isolation isolation,
                                      Offset seen) {
  return state_.with([&](State& state) {
    const auto visible = isolation == broker::Isolation::read_committed ? state.partition->last_stable_offset()
                                                                        : state.partition->high_watermark();
    if (is_gone() || visible > seen) return false;
    state.fetches.push_back(wait);
    return true;
  });
}

void HostedPartition::stop_waiting(const FetchWait* wait) {
  state_.with([&](State& state) {
    std::erase_if(state.fetches, [wait](const auto& waiting) { return waiting.get() == wait; });
  });
}

void HostedPartition::request_flush() { committer_.submit(shared_from_this()); }

void HostedPartition::set_settings(const broker::TopicSettings& settings) {
  const auto flush_within = with([&](broker::Partition& partition) {
    partition.set_settings(settings);
    return time_to_flush(partition);
  });
  if (flush_within) committer_.submit_within(shared_from_this(), *flush_within);
}

std::optional<log::FlushTicket> HostedPartition::prepare_flush() {
  bool in_vain = false;
  auto ticket = state_.with([&](State& state) -> std::optional<log::FlushTicket> {
    if (is_gone()) return std::nullopt;
    in_vain = state.partition->offline().has_value();
    return state.partition->prepare_flush();
  });
  if (in_vain) fail_appends();
  return ticket;
}

void HostedPartition::flushed(const log::FlushTicket& ticket) {
  std::vector<DurableWait> settled;
  std::vector<std::shared_ptr<FetchWait>> woken;
  broker::Progress progress;
  bool in_vain = false;
  state_.with([&](State& state) {
    if (is_gone()) return;  // its paths may be another topic's by now
    progress = state.partition->flushed(ticket);
    in_vain = state.partition->offline().has_value();
    const auto durable = state.partition->durable_end();
    const auto reached = [&](const DurableWait& waiting) { return waiting.next <= durable; };
    std::ranges::copy_if(state.appends, std::back_inserter(settled), reached);
    std::erase_if(state.appends, reached);
    if (progress.after > progress.before) woken = state.fetches;
  });
  for (const auto& waiting : settled) waiting.wait->settled(waiting.slot, ErrorCode::none);
  if (in_vain) fail_appends();
  wake(woken, progress.bytes);
}

void HostedPartition::flush_failed(const Error& error) {
  with([&](broker::Partition& partition) { partition.take_offline(error); });
  tell_trouble("offline: " + error.message);
  fail_appends();
}

void HostedPartition::fail_appends() {
  std::vector<DurableWait> failed;
  state_.with([&](State& state) { failed.swap(state.appends); });
  for (const auto& waiting : failed) waiting.wait->settled(waiting.slot, ErrorCode::kafka_storage_error);
}

void HostedPartition::wake_readers() {
  std::vector<std::shared_ptr<FetchWait>> woken;
  state_.with([&](State& state) { woken = state.fetches; });
  wake(woken, 0);
}

void HostedPartition::retire_for_good() {
  state_.with([&](State&) { gone_.store(true); });
  fail_appends();
  wake_readers();
}

}  // namespace millrace::runtime
