#include "forward_runner.hpp"

#include <spdlog/logger.h>

#include <algorithm>
#include <map>

#include "millrace/core/escaped.hpp"
#include "millrace/runtime/records_at.hpp"

namespace millrace::forward {

using runtime::Delivered;
using runtime::DeliveryLock;

namespace {

constexpr std::size_t events_at_once = 500;
constexpr std::size_t bytes_at_once = 8 * limits::MiB;
/// Of a log that cannot be written, or a topic that is not there.
constexpr Milliseconds try_again_after{500};
constexpr Milliseconds look_again_after{50};
/// A batch has a header, and its records some framing.
constexpr std::size_t framing_bytes = 4 * limits::KiB;

}  // namespace

ForwardRunner::ForwardRunner(Forwarder::Impl& forwarder, std::string id)
    : forwarder_(forwarder), id_(std::move(id)), consumer_{++forwarder.consumers} {}

void ForwardRunner::start(dispatch::SubscriptionPtr subscription) {
  const bool was_running = state_.with([&](State& state) {
    state.subscription = std::move(subscription);
    return std::exchange(state.is_running, true);
  });
  if (!was_running) post(&ForwardRunner::receive);
}

void ForwardRunner::stop() {
  const auto cancel = state_.with([](State& state) {
    state.is_running = false;
    return std::exchange(state.waiting, nullptr);
  });
  if (cancel) cancel();
}

dispatch::RunnerStatus ForwardRunner::status() const {
  return state_.with([](const State& state) {
    return dispatch::RunnerStatus{.is_pending = false, .last_attempt = state.last_attempt};
  });
}

void ForwardRunner::post(void (ForwardRunner::*step)()) {
  forwarder_.thread.post([self = shared_from_this(), step] { ((*self).*step)(); });
}

void ForwardRunner::post_after(Milliseconds delay) {
  forwarder_.thread.post_after(delay, [self = shared_from_this()] { self->receive(); });
}

dispatch::SubscriptionPtr ForwardRunner::running() const {
  return state_.with([](const State& state) { return state.is_running ? state.subscription : nullptr; });
}

void ForwardRunner::receive() {
  if (!running()) return;
  forwarder_.delivery.receive(id_, events_at_once, consumer_,
                              [self = shared_from_this()](tl::expected<runtime::Received, ErrorCode> got) {
                                self->forwarder_.thread.post([self, got = std::move(got)]() mutable {
                                  if (!got) return self->post_after(try_again_after);
                                  if (got->events.empty()) return self->wait();
                                  self->was_ready_at_once_ = false;
                                  self->take(std::move(got->events));
                                });
                              });
}

void ForwardRunner::wait() {
  // Ready at once time after time, though nothing comes: a filter passes much over, or the log cannot be read.
  const auto arming = std::make_shared<std::atomic<bool>>(true);
  auto cancel = forwarder_.delivery.wait(id_, [self = shared_from_this(), arming] {
    const bool is_at_once = arming->load();
    if (self->was_ready_at_once_.exchange(is_at_once) && is_at_once) return self->post_after(look_again_after);
    self->post(&ForwardRunner::receive);
  });
  arming->store(false);
  const bool runs = state_.with([&](State& state) {
    if (state.is_running) state.waiting = cancel;
    return state.is_running;
  });
  if (!runs) cancel();
}

void ForwardRunner::take(std::vector<Delivered> events) {
  const auto subscription = running();
  if (!subscription) return forwarder_.delivery.consumer_gone(id_, consumer_);
  const auto round = std::make_shared<Round>();
  round->subscription = subscription;
  std::map<PartitionIndex, std::vector<DeliveryLock>> parts;
  for (const auto& [partition, event] : events) parts[partition].push_back({partition, event.token});
  for (auto& [partition, locks] : parts) {
    std::ranges::sort(locks, {}, [](const DeliveryLock& lock) { return lock.token.offset; });
    load(*round, partition, locks);
  }
  const auto& name = subscription->kafka->topic;
  const auto topic = forwarder_.broker.topology()->find(name);
  if (!topic || topic->topic->is_internal) {
    const Verdict missing{
        Verdict::Fate::failed,
        {.reason = delivery::Reason::rejected, .code = 0, .message = "topic " + escaped(name) + " is not there"}};
    for (const auto& cargo : round->cargo) settle(*round, cargo, missing);
    return post_after(try_again_after);
  }
  const auto most = static_cast<std::size_t>(std::max(topic->settings.rules.batch_bytes_max, 0));
  round->consignments = pack(round->cargo, id_, subscription->config.topic, subscription->kafka->key_attribute,
                             static_cast<std::int32_t>(topic->partitions.size()), most - std::min(most, framing_bytes));
  send(round);
}

void ForwardRunner::load(Round& round, PartitionIndex partition, const std::vector<DeliveryLock>& locks) {
  const auto log = forwarder_.broker.topology()->find(round.subscription->config.topic, partition);
  std::vector<Offset> offsets;
  for (const auto& lock : locks) offsets.push_back(lock.token.offset);
  using Fate = runtime::RecordFate;
  std::vector<record::OwnedRecord> found;
  runtime::RecordsAt looked{.fates = std::vector(offsets.size(), Fate::gone)};
  if (log) looked = runtime::records_at(forwarder_.broker, *log, offsets, runtime::copies_to(found, bytes_at_once));
  if (looked.trouble) {
    forwarder_.diagnostics->error("events not read log={} subscription={} offset={} why=\"{}\"", log->directory(), id_,
                                  offsets[looked.troubled].value(), looked.trouble->message);
  }
  std::vector<DeliveryLock> later;
  auto next = found.begin();
  for (std::size_t i = 0; i < locks.size(); ++i) {
    const auto& lock = locks[i];
    std::optional<record::OwnedRecord> record;
    switch (looked.fates[i]) {
      case Fate::found:
        record = std::move(*next++);
        if (auto edited = kept(forwarder_.find_edited, partition, lock.token.offset)) record = std::move(edited);
        break;
      case Fate::gone: record = kept(forwarder_.find_original, partition, lock.token.offset); break;
      case Fate::left: later.push_back(lock); continue;
      case Fate::unreadable: {
        const Verdict unread{Verdict::Fate::failed,
                             {.reason = delivery::Reason::rejected, .code = 0, .message = looked.trouble->message}};
        settle(round, {lock, {}}, unread);
        continue;
      }
    }
    if (!record) {
      round.arrived.push_back(lock);  // nobody has it any more
      continue;
    }
    switch (passage_of(*record, id_)) {
      case Passage::free: round.cargo.push_back({lock, std::move(*record)}); break;
      case Passage::again: round.arrived.push_back(lock); break;
      case Passage::far:
        settle(round, {lock, {}},
               {Verdict::Fate::rejected,
                {.reason = delivery::Reason::rejected,
                 .code = 0,
                 .message = "it has come through " + std::to_string(trail_max) + " subscriptions already"}});
    }
  }
  if (!later.empty()) forwarder_.delivery.release(id_, later, Milliseconds(0), no_matter());
}

std::optional<record::OwnedRecord> ForwardRunner::kept(const FindOriginal& find, PartitionIndex partition,
                                                       Offset offset) const {
  const auto home = forwarder_.delivery.home_of(id_, partition);
  return home && find ? find(*home, offset) : std::nullopt;
}

void ForwardRunner::send(const RoundPtr& round) {
  runtime::ProduceRequest request;
  for (auto& each : round->consignments) {
    request.parts.push_back({.topic = {.name = round->subscription->kafka->topic, .id = {}},
                             .partition = each.partition,
                             .records = each.batch});
  }
  forwarder_.broker.produce(
      std::move(request), [self = shared_from_this(), round](std::vector<runtime::ProducePartAnswer> answers) {
        self->forwarder_.thread.post([self, round, answers = std::move(answers)] { self->arrive(round, answers); });
      });
}

void ForwardRunner::arrive(const RoundPtr& round, const std::vector<runtime::ProducePartAnswer>& answers) {
  const auto& name = round->subscription->kafka->topic;
  const auto sent = std::exchange(round->consignments, {});
  for (std::size_t i = 0; i < sent.size(); ++i) {
    const auto verdict = judge(answers[i], name);
    if (verdict.fate == Verdict::Fate::arrived) {
      for (const auto at : sent[i].cargo) round->arrived.push_back(round->cargo[at].lock);
      continue;
    }
    if (sent[i].cargo.size() == 1) {
      settle(*round, round->cargo[sent[i].cargo.front()], verdict);
      continue;
    }
    // One of them may be to blame for all: each goes alone.
    for (const auto at : sent[i].cargo) {
      auto alone = pack({std::move(round->cargo[at])}, id_, round->subscription->config.topic,
                        round->subscription->kafka->key_attribute, sent[i].partition + 1, 1);
      alone.front().partition = sent[i].partition;
      alone.front().cargo = {at};
      round->consignments.push_back(std::move(alone.front()));
    }
  }
  if (!round->consignments.empty()) return send(round);
  if (!round->arrived.empty()) {
    forwarder_.delivery.acknowledge(id_, round->arrived, no_matter());
    if (!round->has_failed) note("");
  }
  if (round->has_failed) return post_after(try_again_after);
  receive();
}

void ForwardRunner::settle(Round& round, const Cargo& cargo, const Verdict& verdict) {
  round.has_failed = true;
  note(verdict.failure.message);
  if (verdict.fate == Verdict::Fate::rejected) {
    forwarder_.delivery.reject(id_, {cargo.lock}, verdict.failure, no_matter());
  } else {
    forwarder_.delivery.fail(id_, {cargo.lock}, verdict.failure, Milliseconds(0), no_matter());
  }
}

void ForwardRunner::note(std::string message) {
  const auto now = forwarder_.broker.now().wall;
  state_.with([&](State& state) {
    state.last_attempt = dispatch::Attempt{.time = now, .status = 0, .message = std::move(message)};
  });
}

/// What could not be settled is handed out again when its lock has run out: that is at least once.
runtime::LocksDone ForwardRunner::no_matter() {
  return [](const tl::expected<std::vector<runtime::LockAnswer>, ErrorCode>&) {};
}

Forwarder::Impl::Impl(runtime::BrokerRuntime& broker_, runtime::DeliveryRuntime& delivery_, FindOriginal find,
                      std::shared_ptr<spdlog::logger> log, FindOriginal edited)
    : broker(broker_),
      delivery(delivery_),
      find_original(std::move(find)),
      find_edited(std::move(edited)),
      diagnostics(std::move(log)),
      thread("forward", [this](std::string_view what) { diagnostics->error("forwarding failed why=\"{}\"", what); }) {}

Forwarder::Forwarder(runtime::BrokerRuntime& broker, runtime::DeliveryRuntime& delivery, FindOriginal find_original,
                     std::shared_ptr<spdlog::logger> diagnostics, FindOriginal find_edited)
    : impl_(std::make_shared<Impl>(broker, delivery, std::move(find_original), std::move(diagnostics),
                                   std::move(find_edited))) {}

Forwarder::~Forwarder() { stop(); }

dispatch::MakeRunner Forwarder::maker() {
  return [impl = impl_](const std::string& id, const dispatch::Suspend&) {
    return std::make_shared<ForwardRunner>(*impl, id);
  };
}

void Forwarder::stop() { impl_->thread.finish(); }

}  // namespace millrace::forward
