#pragma once
// A tiny language for stories about the delivery of one partition, in simulated time:
//
//   Story s;
//   s.publish(3);
//   const auto events = s.take(2);
//   s.acknowledge(events[0]);
//   s.crash();
//   EXPECT_EQ(s.offsets(s.take(9)), (Offsets{1, 2}));
//
// The log has one event for each offset, from 0. Everything that is wanted is told before something is taken; letters
// wait in letters() until archived() says that they are written; records are kept, and a crash replays them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "millrace/delivery/partition_delivery.hpp"

namespace millrace::delivery {

using namespace std::chrono_literals;

using Offsets = std::vector<std::int64_t>;
using Hands = std::vector<Acquired>;

inline constexpr Timestamp noon = 1'700'000'000'000;

/// Without chance, so that a story can say when something happens.
inline Policy plain() {
  Policy policy;
  policy.backoff.jitter_percent = 0;
  return policy;
}

inline Policy ordered(Order order = Order::key) {
  Policy policy = plain();
  policy.order = order;
  return policy;
}

class Story {
 public:
  explicit Story(Policy policy = plain()) : policy_(std::move(policy)) {
    start();
    apply(machine_->begin(Offset(0)));
  }

  // The log.
  void publish(int count, std::string_view key = {}) {
    for (int i = 0; i < count; ++i) publish_at(now_.wall, key);
  }
  void publish_at(Timestamp time, std::string_view key = {}) {
    log_.push_back(Event{Offset(end()), key.empty() ? no_key : hash_of_key(as_bytes(key)), time});
  }
  /// As far as the subscription's filter is concerned.
  void publish_uninteresting(int count) {
    for (int i = 0; i < count; ++i) log_.push_back(std::nullopt);
  }
  /// Its filter is another one, which takes these no longer.
  void filter_out(const Offsets& events) {
    for (const std::int64_t at : events) log_[static_cast<std::size_t>(at)].reset();
    machine_->judge_anew();
  }
  [[nodiscard]] std::int64_t end() const { return static_cast<std::int64_t>(log_.size()); }

  /// Tells what is wanted, as far as the log has it.
  void feed() {
    while (const auto wanted = machine_->wanted()) {
      const std::int64_t from = wanted->from.value();
      std::int64_t to = wanted->to.value_or(Offset(end())).value();
      std::vector<Event> events;
      for (std::int64_t at = from; at < to; ++at) {
        if (!log_[static_cast<std::size_t>(at)]) continue;
        if (events.size() == wanted->events_max) to = at;
        if (at < to) events.push_back(*log_[static_cast<std::size_t>(at)]);
      }
      if (to <= from) return;
      auto told = machine_->tell(Offset(from), Offset(to), events, now_);
      apply(std::move(told.effects));
      if (told.until <= Offset(from)) return;
    }
  }

  // Consumers.
  Hands take(std::size_t max, std::uint64_t consumer = 1) {
    feed();
    auto taken = machine_->acquire(max, ConsumerId{consumer}, now_);
    apply(std::move(taken.effects));
    return std::move(taken.events);
  }
  Acquired take_one(std::uint64_t consumer = 1) {
    const Hands taken = take(1, consumer);
    EXPECT_EQ(taken.size(), 1u);
    return taken.empty() ? Acquired{} : taken.front();
  }
  template <class... Events>
  std::vector<TokenError> acknowledge(const Events&... events) {
    return settle(machine_->acknowledge(tokens(events...), now_));
  }
  template <class... Events>
  std::vector<TokenError> release(Milliseconds delay, const Events&... events) {
    return settle(machine_->release(tokens(events...), delay, now_));
  }
  std::vector<TokenError> fail(const Acquired& event, FailedAttempt why = busy(), Milliseconds at_least = 0ms) {
    return settle(machine_->fail(tokens(event), why, at_least, now_));
  }
  std::vector<TokenError> reject(const Acquired& event, FailedAttempt why = broken()) {
    return settle(machine_->reject(tokens(event), why, now_));
  }
  template <class... Events>
  std::vector<TokenError> renew(const Events&... events) {
    return settle(machine_->renew(tokens(events...), now_));
  }
  void consumer_gone(std::uint64_t consumer) { apply(machine_->consumer_gone(ConsumerId{consumer}, now_)); }
  void shut_down() { apply(machine_->shut_down(now_)); }

  static FailedAttempt busy() { return {.reason = Reason::http_status, .code = 503, .message = "busy"}; }
  static FailedAttempt broken() { return {.reason = Reason::rejected, .code = 7, .message = "broken"}; }

  // Time.
  void pass(Milliseconds time) {
    now_.steady += time;
    now_.wall += time.count();
    tick();
  }
  void tick() {
    for (int i = 0; machine_->next_deadline() && *machine_->next_deadline() <= now_.steady; ++i) {
      ASSERT_LT(i, 10'000) << "nothing comes to rest";
      apply(machine_->tick(now_));
    }
  }
  void jump_wall_clock(Milliseconds by) { now_.wall += by.count(); }

  // Dead letters.
  std::vector<DeadLetter>& letters() { return letters_; }
  [[nodiscard]] const std::vector<Resolved>& resolved() const { return resolved_; }
  void archived(std::int64_t event, std::int64_t letter) {
    apply(machine_->archived(Offset(event), Offset(letter), now_));
  }
  void archive_failed(std::int64_t event) { apply(machine_->archive_failed(Offset(event), now_)); }
  RedriveError redrive(std::int64_t event, std::uint32_t life = 0, Failures failures = {}) {
    const Redrive one{.event = *log_[static_cast<std::size_t>(event)], .life = life, .failures = std::move(failures)};
    auto redriven = machine_->redrive({&one, 1}, now_);
    apply(std::move(redriven.effects));
    return redriven.errors.at(0);
  }
  void discard(std::int64_t event) {
    const Offset one(event);
    apply(machine_->discard({&one, 1}, now_));
  }

  // The broker.
  void policy(Policy policy) {
    policy_ = std::move(policy);
    apply(machine_->set_policy(std::make_shared<Policy>(policy_), now_));
  }
  void log_begins(std::int64_t at) { apply(machine_->log_begins(Offset(at), now_)); }
  /// All records are durable, or only the first of them.
  void crash() { crash(records_.size()); }
  void crash(std::size_t durable) {
    records_.resize(durable);
    letters_.clear();
    start();
  }

  [[nodiscard]] PartitionDelivery& machine() { return *machine_; }
  [[nodiscard]] PartitionDelivery::Facts facts() const { return machine_->facts(); }
  [[nodiscard]] Now now() const { return now_; }
  [[nodiscard]] std::vector<Record>& records() { return records_; }
  /// Those since the last call.
  std::vector<Record> new_records() {
    std::vector<Record> out(records_.begin() + static_cast<std::ptrdiff_t>(seen_), records_.end());
    seen_ = records_.size();
    return out;
  }

  static Offsets offsets(const Hands& hands) {
    Offsets out;
    for (const Acquired& one : hands) out.push_back(one.token.offset.value());
    return out;
  }

 private:
  void start() {
    machine_.emplace(std::make_shared<Policy>(policy_), ++lives_);
    for (const Record& record : records_) machine_->replay(record);
    apply(machine_->loaded().effects);
    seen_ = records_.size();
  }
  void apply(Effects effects) {
    for (Record& record : effects.records) records_.push_back(std::move(record));
    for (DeadLetter& letter : effects.letters) letters_.push_back(std::move(letter));
    resolved_.insert(resolved_.end(), effects.resolved.begin(), effects.resolved.end());
  }
  std::vector<TokenError> settle(PartitionDelivery::Answer answer) {
    apply(std::move(answer.effects));
    return std::move(answer.errors);
  }
  static void add(std::vector<Token>& to, const Acquired& one) { to.push_back(one.token); }
  static void add(std::vector<Token>& to, const Hands& many) {
    for (const Acquired& one : many) to.push_back(one.token);
  }
  template <class... Events>
  static std::vector<Token> tokens(const Events&... events) {
    std::vector<Token> out;
    (add(out, events), ...);
    return out;
  }

  Policy policy_;
  std::uint64_t lives_ = 0;
  std::optional<PartitionDelivery> machine_;
  Now now_{Instant{1h}, noon};
  std::vector<std::optional<Event>> log_;
  std::vector<Record> records_;
  std::vector<DeadLetter> letters_;
  std::vector<Resolved> resolved_;
  std::size_t seen_ = 0;
};

}  // namespace millrace::delivery
