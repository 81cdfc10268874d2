// What happens to subscriptions: a start, a stop, topics that go, sinks that retire, owners who resume.

#include "dispatcher_impl.hpp"
#include "millrace/core/escaped.hpp"
#include "millrace/redrive/letters.hpp"
#include "takes.hpp"

namespace millrace::dispatch {

using Why = Refusal::Why;

namespace {

constexpr Milliseconds progress_interval{1'000};

redrive::Target target_of(const subscriptions::Subscription& subscription) {
  const auto& config = subscription.config;
  return {.dead_letter_topic = config.dead_letter_topic,
          .destination = subscription.sink,
          .compat = config.is_for_knative ? deadletter::Compat::knative : deadletter::Compat::none,
          .bounds = {.message_bytes = config.message_bytes, .history_bytes = config.history_bytes},
          .links = config.links,
          // Its own letters would be told to it, and so on.
          .notifies = config.notifies && config.topic != broker::notices_topic,
          .retention = config.letters_retention};
}

}  // namespace

Answered<void> Dispatcher::Impl::check_sink(const subscriptions::Subscription& subscription) const {
  const auto judge = judges.find(subscription.protocol);
  if (judge == judges.end()) return {};
  const auto fits = judge->second(subscription);
  if (fits) return {};
  auto detail = "sink is \"" + escaped(subscription.sink) + "\": " + fits.error().message;
  return refused({{.pointer = "/sink", .rule = "SUB-4", .detail = std::move(detail)}});
}

Answered<void> Dispatcher::Impl::check_letters(const subscriptions::Subscription& subscription) const {
  if (letters == nullptr || !subscription.config.dead_letters) return {};
  // One that has no id yet gets one of that length.
  const auto id = subscription.id.empty() ? broker.fresh_uuid().to_code() : subscription.id;
  const auto fits = letters->check(id, subscription.config.topic, target_of(subscription));
  if (fits) return {};
  return refused({{.pointer = "/config/deadlettertopic", .rule = "SUB-14", .detail = fits.error().message}});
}

void Dispatcher::Impl::serve(const Kept& kept, runtime::Callback<void(ErrorCode)> done) {
  // Another topic may have its name by now.
  if (!broker.topology()->find(kept.topic)) return done(ErrorCode::unknown_topic_or_partition);
  const auto unmarked = [this, topic = kept.topic] {
    const auto hosted = broker.topology()->find(topic);
    return hosted && hosted->settings.events.knows_unmarked ? cloudevents::Unmarked::recognised
                                                            : cloudevents::Unmarked::refused;
  };
  if (letters != nullptr) letters->serve(kept.subscription->id, target_of(*kept.subscription));
  delivery.serve({.id = kept.subscription->id,
                  .topic = kept.subscription->config.topic,
                  .policy = std::make_shared<const delivery::Policy>(subscriptions::policy_of(*kept.subscription)),
                  .from_start = true,
                  .begin_at = kept.begin_at,
                  .takes = takes_of(*kept.subscription, unmarked),
                  .breaker = subscriptions::breaker_of(*kept.subscription)},
                 std::move(done));
}

void Dispatcher::Impl::tell_state(const Kept& kept) const {
  const auto& subscription = *kept.subscription;
  if (letters != nullptr && target_of(subscription).notifies)
    letters->tell_state(subscription.id, subscription.config.topic, kept.suspended);
}

std::shared_ptr<Runner> Dispatcher::Impl::fresh_runner(const Kept& kept, std::uint64_t life) {
  const auto& id = kept.subscription->id;
  auto suspend = [weak = weak_from_this(), id, life](std::string reason) {
    const auto self = weak.lock();
    if (!self) return;
    (void)self->post([impl = self.get(), id, life, reason = std::move(reason)] {
      const auto entry = impl->find(id);
      if (entry && entry->runner && entry->life == life) (void)impl->suspend(id, reason);
    });
  };
  return makers.at(kept.subscription->protocol)(id, std::move(suspend));
}

View Dispatcher::Impl::put(Kept kept, const EntryPtr& before) {
  const auto protocol = kept.subscription->protocol;
  const bool may_run = kept.suspended.empty() && kept.locked_credential.empty() && makers.contains(protocol);
  // A runner may have given up its sink and not be heard yet: what it says of that is not said of another one.
  const auto is_same_sink = [&](const subscriptions::Subscription& other) {
    return other.protocol == protocol && other.sink == kept.subscription->sink &&
           *other.credential == *kept.subscription->credential;
  };
  const bool goes_on = before && before->runner && may_run && is_same_sink(*before->kept.subscription);
  auto entry = std::make_shared<Entry>();
  entry->kept = std::move(kept);
  if (before && before->runner) {
    if (goes_on) {
      entry->runner = before->runner;
      entry->life = before->life;
    } else {
      before->runner->stop();
      entry->last_attempt = before->runner->status().last_attempt;
    }
  } else if (before) {
    entry->last_attempt = before->last_attempt;
  }
  if (may_run && !entry->runner) {
    entry->life = ++lives;
    entry->runner = fresh_runner(entry->kept, entry->life);
  }
  entries.with([&](Entries& those) { those[entry->kept.subscription->id] = entry; });
  if (entry->runner) entry->runner->start(entry->kept.subscription);
  return view_of(*entry);
}

void Dispatcher::Impl::start() {
  std::vector<std::function<void()>> to_do;
  restore_defaults();
  const auto catalog = broker.catalog();
  for (const auto& [id, json] : catalog->documents(broker::DocumentKind::subscription)) restore(id, *json, to_do);
  to_do.emplace_back([this] { forget_defaults(); });
  is_open.with([](bool& is_so) { is_so = true; });
  for (auto& each : to_do) (void)post(std::move(each));
  all_told_at = broker.now().steady;
  work.repeat(progress_interval, [this] { tell_progress(); });
}

void Dispatcher::Impl::restore(const std::string& id, const std::string& json,
                               std::vector<std::function<void()>>& to_do) {
  auto kept = read_document(json, secrets, *inheritance_now());
  if (kept && kept->subscription->id != id) kept = failure(Errc::unsupported, "the document is of another id");
  if (!kept) {
    diagnostics->warn("subscription not served, and kept id={} why=\"{}\"", escaped(id), kept.error().message);
    return;
  }
  if (kept->is_removing) {
    to_do.emplace_back([this, id] { finish_removal(id); });
    return;
  }
  if (!kept->locked_credential.empty())
    diagnostics->error("subscription suspended id={} reason={}", id, credential_unreadable);
  if (!broker.topology()->find(kept->topic)) {
    // Deleted, and the process ended before it was noticed; or it is known already.
    if (kept->suspended != topic_deleted) to_do.emplace_back([this] { look_for_topics(); });
  } else {
    serve(*kept, [log = diagnostics, id](ErrorCode error) {
      if (error != ErrorCode::none) log->error("subscription not served id={} error={}", id, name_of(error));
    });
  }
  (void)put(*std::move(kept), nullptr);
}

void Dispatcher::Impl::stop() {
  const bool was_open = is_open.with([](bool& is_so) { return std::exchange(is_so, false); });
  if (!was_open) return;
  for (const auto& entry : all()) {
    if (entry->runner) entry->runner->stop();
  }
  work.stop_repeating();
  work.post([this] { tell_progress(); });
  work.finish();
}

Answered<View> Dispatcher::Impl::suspend(const std::string& id, const std::string& reason) {
  const auto before = find(id);
  if (!before) return refused(Why::unknown_subscription, "there is no subscription " + escaped(id));
  auto kept = before->kept;
  kept.suspended = reason;
  diagnostics->warn("subscription suspended id={} reason={}", id, escaped(reason));
  auto view = put(kept, before);
  tell_state(kept);
  // What cannot be written holds until the next start.
  if (auto stored = store(kept); !stored) return tl::unexpected(std::move(stored.error()));
  return view;
}

Answered<View> Dispatcher::Impl::resume(const std::string& id) {
  const auto before = find(id);
  if (!before) return refused(Why::unknown_subscription, "there is no subscription " + escaped(id));
  auto kept = before->kept;
  const auto& name = kept.subscription->config.topic;
  if (!kept.locked_credential.empty())
    return refused(Why::unresumable, "its credential cannot be read: say it again, with a PUT");
  if (!is_served(kept.subscription->protocol))
    return refused(Why::unresumable, "this broker sends nothing by its protocol");
  if (kept.suspended.empty()) return view_of(*before);
  const auto topic = broker.topology()->find(name);
  if (!topic || topic->topic->is_internal)
    return refused(Why::unresumable, "topic " + escaped(name) + " does not exist");
  if (topic->topic->id != kept.topic) {
    // Nothing of this topic has been delivered, whatever became of the one before.
    kept.topic = topic->topic->id;
    kept.begin_at.clear();
  }
  kept.suspended.clear();
  if (auto stored = store(kept); !stored) return tl::unexpected(std::move(stored.error()));
  const auto error = answer_to<ErrorCode>([&](auto done) { serve(kept, std::move(done)); });
  if (error != ErrorCode::none) diagnostics->error("subscription not served id={} error={}", id, name_of(error));
  diagnostics->info("subscription resumed id={}", id);
  tell_state(kept);
  return put(std::move(kept), before);
}

void Dispatcher::Impl::look_for_topics() {
  forget_defaults();
  const auto topology = broker.topology();
  for (const auto& entry : all()) {
    if (entry->kept.suspended != topic_deleted && !topology->find(entry->kept.topic)) topic_gone(*entry);
  }
}

void Dispatcher::Impl::topic_gone(const Entry& entry) {
  const auto id = entry.kept.subscription->id;
  if (!forget(id)) diagnostics->error("delivery of a deleted topic not forgotten id={}", id);
  (void)suspend(id, std::string(topic_deleted));
}

}  // namespace millrace::dispatch
