// Changes that the owners of subscriptions ask for: each is durable before it is answered.

#include "dispatcher_impl.hpp"
#include "millrace/core/escaped.hpp"
#include "millrace/redrive/letters.hpp"
#include "millrace/runtime/group_runtime.hpp"

namespace millrace::dispatch {

using Why = Refusal::Why;
using subscriptions::Start;

namespace {

constexpr Milliseconds again_after{1'000};

tl::unexpected<Refusal> unknown(const std::string& id) {
  return refused(Why::unknown_subscription, "there is no subscription " + escaped(id));
}

tl::unexpected<Refusal> not_served(subscriptions::Protocol protocol) {
  const auto* const name = protocol == subscriptions::Protocol::http ? "HTTP" : "KAFKA";
  return refused(Why::not_served, "protocol: this broker sends nothing by " + std::string(name));
}

Offset begin_in(runtime::BrokerRuntime& broker, const runtime::HostedTopic& topic, std::size_t index,
                const Start& start) {
  if (start.at == Start::At::time) {
    const auto found =
        broker.list_offset(topic.topic->name, static_cast<PartitionIndex>(index), {.timestamp = start.time});
    if (found.error == ErrorCode::none && found.offset >= Offset(0)) return found.offset;
  }
  return topic.partitions[index]->with([](const broker::Partition& partition) { return partition.end(); });
}

/// None: with what each partition has.
std::vector<Offset> begin_of(runtime::BrokerRuntime& broker, const runtime::HostedTopic& topic, const Start& start) {
  std::vector<Offset> begin;
  if (start.at == Start::At::earliest) return begin;
  for (std::size_t i = 0; i < topic.partitions.size(); ++i) begin.push_back(begin_in(broker, topic, i, start));
  return begin;
}

}  // namespace

Answered<void> Dispatcher::Impl::store(const std::string& id, std::optional<std::string> json) {
  std::vector<broker::ChangeDocument> change{
      {.kind = broker::DocumentKind::subscription, .id = id, .json = std::move(json)}};
  const auto answer =
      answer_to<broker::AlterAnswer>([&](auto done) { broker.change_documents(std::move(change), std::move(done)); });
  if (answer.error == ErrorCode::none) return {};
  return refused(Why::unavailable, answer.message);
}

Answered<void> Dispatcher::Impl::store(const Kept& kept) {
  auto document = write_document(kept, secrets);
  if (!document) return refused(Why::unavailable, document.error().message);
  return store(kept.subscription->id, *std::move(document));
}

Answered<View> Dispatcher::Impl::create(const std::string& json, bool dry_run) {
  auto read = subscriptions::read(json);
  if (!read) return refused(std::move(read.error()));
  if (!is_served(read->protocol)) return not_served(read->protocol);
  const auto topic = broker.topology()->find(read->config.topic);
  if (!topic || topic->topic->is_internal)
    return refused(Why::unknown_topic, "config.topic: topic " + escaped(read->config.topic) + " does not exist");
  if (entries.with([](const Entries& those) { return those.size(); }) >= subscriptions_max)
    return refused(Why::too_many, "there are " + std::to_string(subscriptions_max) + " subscriptions, the most");
  if (auto allowed = check_sink(*read); !allowed) return tl::unexpected(std::move(allowed.error()));
  if (auto writable = check_letters(*read); !writable) return tl::unexpected(std::move(writable.error()));
  if (!dry_run) read->id = broker.fresh_uuid().to_hyphenated();
  Kept kept{.topic = topic->topic->id, .begin_at = begin_of(broker, *topic, read->config.start)};
  kept.subscription = std::make_shared<const subscriptions::Subscription>(*std::move(read));
  if (dry_run) return View{.subscription = kept.subscription};
  if (auto stored = store(kept); !stored) return tl::unexpected(std::move(stored.error()));
  const auto& id = kept.subscription->id;
  const auto error = answer_to<ErrorCode>([&](auto done) { serve(kept, std::move(done)); });
  if (error != ErrorCode::none) {
    if (!store(id, std::nullopt)) diagnostics->error("subscription not taken back id={}", id);
    const auto gone = error == ErrorCode::unknown_topic_or_partition;
    return refused(gone ? Why::unknown_topic : Why::unavailable,
                   gone ? "config.topic: it was deleted meanwhile" : "the log of deliveries cannot be written now");
  }
  diagnostics->info("subscription created id={} topic={}", id, kept.subscription->config.topic);
  return put(std::move(kept), nullptr);
}

Answered<View> Dispatcher::Impl::replace(const std::string& id, const std::string& json, bool dry_run) {
  const auto before = find(id);
  if (!before) return unknown(id);
  auto read = subscriptions::read_update(json, *before->kept.subscription);
  if (!read) return refused(std::move(read.error()));
  if (!is_served(read->protocol)) return not_served(read->protocol);
  if (auto allowed = check_sink(*read); !allowed) return tl::unexpected(std::move(allowed.error()));
  if (auto writable = check_letters(*read); !writable) return tl::unexpected(std::move(writable.error()));
  auto kept = before->kept;
  kept.subscription = std::make_shared<const subscriptions::Subscription>(*std::move(read));
  kept.locked_credential.clear();
  if (dry_run) return view_of({.kept = std::move(kept), .runner = before->runner, .life = before->life});
  if (auto stored = store(kept); !stored) return tl::unexpected(std::move(stored.error()));
  // Who is answered is not handed out anything by the old rules.
  const auto error = answer_to<ErrorCode>([&](auto done) { serve(kept, std::move(done)); });
  if (error != ErrorCode::none && error != ErrorCode::unknown_topic_or_partition)
    diagnostics->error("subscription not served by its new rules id={} error={}", id, name_of(error));
  diagnostics->info("subscription replaced id={}", id);
  return put(std::move(kept), before);
}

Answered<View> Dispatcher::Impl::remove(const std::string& id) {
  const auto before = find(id);
  if (!before) return unknown(id);
  auto kept = before->kept;
  kept.is_removing = true;
  // From here on it is gone, whatever comes in between.
  if (auto stored = store(kept); !stored) return tl::unexpected(std::move(stored.error()));
  entries.with([&](Entries& those) { those.erase(id); });
  if (before->runner) before->runner->stop();
  told.erase(id);
  diagnostics->info("subscription removed id={}", id);
  finish_removal(id);
  return view_of({.kept = std::move(kept)});
}

bool Dispatcher::Impl::forget(const std::string& id) {
  const auto error = answer_to<ErrorCode>([&](auto done) { delivery.forget(id, std::move(done)); });
  if (letters != nullptr) letters->forget(id);
  return error == ErrorCode::none || error == ErrorCode::resource_not_found;
}

void Dispatcher::Impl::finish_removal(const std::string& id) {
  // Who has joined it meanwhile keeps the group; the other errors say that it is gone.
  (void)answer_to<ErrorCode>([&](auto done) {
    groups.delete_group({.group_id = group_of(id)},
                        [done](const runtime::GroupAnswer<groups::DeleteGroupReply>& answer) mutable {
                          done(answer ? answer->error : answer.error());
                        });
  });
  if (forget(id) && store(id, std::nullopt)) return;
  diagnostics->warn("subscription not forgotten yet id={}", id);
  work.post_after(again_after, [this, id] { finish_removal(id); });
}

}  // namespace millrace::dispatch
