#include "millrace/dispatch/dispatcher.hpp"

#include "dispatcher_impl.hpp"

namespace millrace::dispatch {

tl::unexpected<Refusal> refused(Refusal::Why why, std::string detail) {
  return tl::unexpected(Refusal{.why = why, .detail = std::move(detail)});
}

tl::unexpected<Refusal> refused(subscriptions::Faults faults, std::string_view of) {
  auto detail =
      std::string(of) + " has " + (faults.size() == 1 ? "a fault" : std::to_string(faults.size()) + " faults");
  return tl::unexpected(
      Refusal{.why = Refusal::Why::invalid, .detail = std::move(detail), .faults = std::move(faults)});
}

Dispatcher::Impl::EntryPtr Dispatcher::Impl::find(std::string_view id) const {
  return entries.with([&](const Entries& those) -> EntryPtr {
    const auto found = those.find(id);
    return found == those.end() ? nullptr : found->second;
  });
}

tl::unexpected<Refusal> not_served(subscriptions::Protocol protocol) {
  const auto* const name = protocol == subscriptions::Protocol::http ? "HTTP" : "KAFKA";
  return refused(Refusal::Why::not_served, "protocol: this broker sends nothing by " + std::string(name));
}

std::vector<Dispatcher::Impl::EntryPtr> Dispatcher::Impl::all() const {
  return entries.with([](const Entries& those) {
    std::vector<EntryPtr> out;
    out.reserve(those.size());
    for (const auto& [id, entry] : those) out.push_back(entry);
    return out;
  });
}

bool Dispatcher::Impl::is_served(subscriptions::Protocol protocol) const {
  return protocol == subscriptions::Protocol::pull || makers.contains(protocol);
}

View Dispatcher::Impl::view_of(const Entry& entry) const {
  View view{.subscription = entry.kept.subscription, .lacks_credential = !entry.kept.locked_credential.empty()};
  if (!entry.kept.suspended.empty()) {
    view.reason = entry.kept.suspended;
  } else if (view.lacks_credential) {
    view.reason = credential_unreadable;
  } else if (!is_served(entry.kept.subscription->protocol)) {
    view.reason = protocol_not_served;
  }
  if (!view.reason.empty()) {
    view.state = State::suspended;
  } else if (entry.runner && entry.runner->status().is_pending) {
    view.state = State::pending_validation;
  }
  return view;
}

bool Dispatcher::Impl::post(runtime::Callback<void()> what) {
  return is_open.with([&](bool is_so) {
    if (is_so) work.post(std::move(what));
    return is_so;
  });
}

Dispatcher::Dispatcher(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Dispatcher::~Dispatcher() { stop(); }

std::unique_ptr<Dispatcher> Dispatcher::open(runtime::BrokerRuntime& broker, runtime::DeliveryRuntime& delivery,
                                             runtime::GroupRuntime& groups, disk::Disk& disk,
                                             std::shared_ptr<spdlog::logger> diagnostics, redrive::Letters* letters) {
  auto impl = std::make_shared<Impl>(broker, delivery, groups, disk, std::move(diagnostics), letters);
  broker.on_topics_deleted([weak = std::weak_ptr(impl)](const std::vector<std::string>&) {
    // Not on this thread: what follows changes documents, and waits for this one.
    if (const auto self = weak.lock()) (void)self->post([impl = self.get()] { impl->look_for_topics(); });
  });
  return std::unique_ptr<Dispatcher>(new Dispatcher(std::move(impl)));
}

void Dispatcher::serve_protocol(subscriptions::Protocol protocol, MakeRunner make, JudgeSink judge) {
  impl_->makers[protocol] = std::move(make);
  if (judge) impl_->judges[protocol] = std::move(judge);
}
void Dispatcher::start() { impl_->start(); }
void Dispatcher::stop() { impl_->stop(); }

// The thread ends before what it uses does.

void Dispatcher::create(std::string json, bool dry_run, Done<View> done) {
  impl_->create({.json = std::move(json), .dry_run = dry_run, .done = std::move(done)});
}
void Dispatcher::replace(std::string id, std::string json, bool dry_run, Done<View> done) {
  impl_->change<View>(std::move(done), [impl = impl_.get(), id = std::move(id), json = std::move(json), dry_run] {
    return impl->replace(id, json, dry_run);
  });
}
void Dispatcher::remove(std::string id, Done<View> done) {
  impl_->change<View>(std::move(done), [impl = impl_.get(), id = std::move(id)] { return impl->remove(id); });
}
void Dispatcher::resume(std::string id, Done<View> done) {
  impl_->change<View>(std::move(done), [impl = impl_.get(), id = std::move(id)] { return impl->resume(id); });
}
void Dispatcher::set_defaults(std::string topic, std::string json, bool dry_run, Done<subscriptions::Defaults> done) {
  impl_->change<subscriptions::Defaults>(
      std::move(done), [impl = impl_.get(), topic = std::move(topic), json = std::move(json), dry_run] {
        return impl->set_defaults(topic, json, dry_run);
      });
}
std::shared_ptr<const subscriptions::Inheritance> Dispatcher::inheritance() const { return impl_->inheritance_now(); }

void Dispatcher::suspend(std::string id, std::string reason, Done<View> done) {
  impl_->change<View>(std::move(done), [impl = impl_.get(), id = std::move(id), reason = std::move(reason)] {
    return impl->suspend(id, reason);
  });
}

std::optional<View> Dispatcher::find(std::string_view id) const {
  const auto entry = impl_->find(id);
  return entry ? std::optional(impl_->view_of(*entry)) : std::nullopt;
}

std::vector<View> Dispatcher::list() const {
  std::vector<View> out;
  for (const auto& entry : impl_->all()) out.push_back(impl_->view_of(*entry));
  return out;
}

std::optional<Status> Dispatcher::status(std::string_view id) const {
  const auto entry = impl_->find(id);
  if (!entry) return std::nullopt;
  auto view = impl_->view_of(*entry);
  Status status{.state = view.state, .reason = std::move(view.reason)};
  status.last_attempt = entry->runner ? entry->runner->status().last_attempt : entry->last_attempt;
  const auto& name = entry->kept.subscription->id;
  status.counts = impl_->delivery.counts(name);
  status.breaker = impl_->delivery.breaker(name);
  if (status.breaker && status.breaker->open_until) {
    status.breaker_wait = std::max(*status.breaker->open_until - impl_->broker.now().steady, Milliseconds(0));
  }
  const auto topic = impl_->broker.topology()->find(entry->kept.topic);
  const auto facts = impl_->delivery.facts(name);
  for (std::size_t i = 0; topic && i < facts.size() && i < topic->partitions.size(); ++i) {
    if (!facts[i]) continue;
    const auto end =
        topic->partitions[i]->with([](const broker::Partition& partition) { return partition.high_watermark(); });
    status.partitions.push_back(
        {.partition = static_cast<PartitionIndex>(i), .high_watermark = end, .facts = *facts[i]});
  }
  return status;
}

}  // namespace millrace::dispatch
