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
  auto due = std::exchange(untold, {});
  due.merge(delivery.take_moved());
  if (now.steady - all_told_at >= again_after) {
    all_told_at = now.steady;
    for (const auto& entry : all()) due.insert(entry->kept.subscription->id);
  }
  for (const auto& id : due) {
    if (const auto entry = find(id)) tell_progress(*entry);
  }
}

void Dispatcher::Impl::tell_progress(const Entry& entry) {
  const auto& id = entry.kept.subscription->id;
  groups::CommitRequest commit;
  commit.group_id = group_of(id);
  auto& topic = commit.topics.emplace_back();
  topic.name = entry.kept.subscription->config.topic;
  const auto facts = delivery.facts(id);
  for (std::size_t i = 0; i < facts.size(); ++i) {
    if (facts[i]) {
      topic.partitions.push_back(
          {.partition = static_cast<PartitionIndex>(i), .offset = facts[i]->start, .metadata = {}});
    } else {
      untold.insert(id);  // its log cannot be read now
    }
  }
  if (topic.partitions.empty()) return;
  groups.commit(std::move(commit), [weak = weak_from_this(), id](const runtime::GroupAnswer<groups::CommitReply>& got) {
    const auto self = is_refused(got) ? weak.lock() : nullptr;
    if (self) (void)self->post([impl = self.get(), id] { impl->untold.insert(id); });
  });
}

}  // namespace millrace::dispatch
