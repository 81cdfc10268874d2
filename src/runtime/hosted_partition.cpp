#include "millrace/runtime/hosted_partition.hpp"

#include <algorithm>
#include <iterator>

#include "hosted_due.hpp"

namespace millrace::runtime {

HostedPartition::HostedPartition(std::string directory, std::unique_ptr<broker::Partition> partition,
                                 Committer& committer, OnTrouble on_trouble)
    : directory_(std::move(directory)),
      state_(State{std::move(partition), {}, {}}),
      committer_(committer),
      on_trouble_(std::move(on_trouble)),
      leader_epoch_(with([](const broker::Partition& opened) { return opened.leader_epoch(); })),
      event_key_(with([](const broker::Partition& opened) { return opened.event_key(); })) {}

void HostedPartition::count_sent(const log::Slice& slice, Offset asked) noexcept {
  if (slice.length == 0) return;
  traffic_.sent_bytes.add(slice.length);
  traffic_.sent_records.add(static_cast<std::uint64_t>(slice.next - std::max(asked, slice.first)));
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

std::optional<Offset> HostedPartition::damaged_until(Offset offset) {
  return state_.with([&](State& state) -> std::optional<Offset> {
    const auto& ranges = state.partition->log().damaged();
    const auto found =
        std::ranges::find_if(ranges, [&](const auto& range) { return range.first <= offset && offset < range.next; });
    return found == ranges.end() ? std::nullopt : std::optional(found->next);
  });
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
