// Progress as Kafka's tools see it: the starts of a subscription's partitions, committed as those of a consumer group
// without members.

#include "dispatcher_impl.hpp"
#include "millrace/runtime/group_runtime.hpp"

namespace millrace::dispatch {

namespace {

/// Also what has not moved is committed again, so that it does not become old and go.
constexpr Milliseconds again_after{3'600'000};

bool is_refused(const runtime::GroupAnswer<groups::CommitReply>& answer) {
  if (!answer) return true;
  for (const auto& topic : answer->topics) {
    for (const auto& partition : topic.partitions) {
      if (partition.error != ErrorCode::none) return true;
    }
  }
  return false;
}

}  // namespace

void Dispatcher::Impl::tell_progress() {
  const Now now = broker.now();
  for (const auto& entry : all()) tell_progress(*entry, now);
}

void Dispatcher::Impl::tell_progress(const Entry& entry, Now now) {
  const auto& id = entry.kept.subscription->id;
  Told fresh{.starts = {}, .at = now.steady};
  const auto facts = delivery.facts(id);
  for (std::size_t i = 0; i < facts.size(); ++i) {
    if (facts[i]) fresh.starts.emplace_back(static_cast<PartitionIndex>(i), facts[i]->start);
  }
  const auto known = told.find(id);
  const bool is_told =
      known != told.end() && known->second.starts == fresh.starts && now.steady - known->second.at < again_after;
  if (fresh.starts.empty() || is_told) return;
  groups::CommitRequest commit;
  commit.group_id = group_of(id);
  auto& topic = commit.topics.emplace_back();
  topic.name = entry.kept.subscription->config.topic;
  for (const auto& [partition, start] : fresh.starts)
    topic.partitions.push_back({.partition = partition, .offset = start, .metadata = {}});
  told.insert_or_assign(id, std::move(fresh));
  groups.commit(std::move(commit), [weak = weak_from_this(), id](const runtime::GroupAnswer<groups::CommitReply>& got) {
    const auto self = is_refused(got) ? weak.lock() : nullptr;
    if (self) (void)self->post([impl = self.get(), id] { impl->told.erase(id); });
  });
}

}  // namespace millrace::dispatch
