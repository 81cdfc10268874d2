#include <algorithm>
#include <array>

#include "collect.hpp"

namespace millrace::http {

namespace {

constexpr std::size_t told_subscriptions_max = 1'000;  ///< with series of their own, some twenty each: 2 MB of text
constexpr std::size_t told_letter_topics_max = 500;    ///< of dead letters, six series each
constexpr std::size_t letter_looks_max = 200;          ///< at letters for one scrape: some 10 ms

using DeliveryCounts = delivery::PartitionDelivery::Counts;
using DeliveryFacts = delivery::PartitionDelivery::Facts;

/// What the partitions of one subscription have, together.
struct DeliverySum {
  DeliveryFacts facts;
  std::uint64_t stopped_by_key = 0, stopped_by_total = 0, without_letter = 0;

  void add(const DeliveryFacts& more) {
    facts.ready += more.ready;
    facts.parked += more.parked;
    facts.acquired += more.acquired;
    facts.waiting += more.waiting;
    facts.archiving += more.archiving;
    facts.dead += more.dead;
    stopped_by_key += more.stop == delivery::Stop::key ? 1 : 0;
    stopped_by_total += more.stop == delivery::Stop::total ? 1 : 0;
    without_letter += more.unwritten > 0 ? 1 : 0;
  }
};

void tell_delivery(const std::string& id, const DeliverySum& sum, const DeliveryCounts& counts,
                   metrics::Exposition& into) {
  const auto outcome = [&](const char* how, std::uint64_t count) {
    into.add("millrace_subscription_deliveries_total", count, {id, how});
  };
  outcome("acknowledged", counts.acknowledged);
  outcome("failed", counts.failed - std::min(counts.failed, counts.rejected + counts.timed_out));
  outcome("rejected", counts.rejected);
  outcome("lock-timeout", counts.timed_out);
  outcome("released", counts.released);
  outcome("lost", counts.lost);
  into.add("millrace_subscription_redeliveries_total", counts.redelivered, {id});
  into.add("millrace_subscription_passed_over_total", counts.dropped, {id, "dropped"});
  into.add("millrace_subscription_passed_over_total", counts.gone, {id, "gone"});
  const auto state = [&](const char* name, std::size_t count) {
    into.add("millrace_subscription_events", count, {id, name});
  };
  state("ready", sum.facts.ready);
  state("parked", sum.facts.parked);
  state("acquired", sum.facts.acquired);
  state("waiting", sum.facts.waiting);
  state("archiving", sum.facts.archiving);
  state("dead", sum.facts.dead);
  const auto held = [&](const char* why, std::uint64_t partitions) {
    into.add("millrace_subscription_held_partitions", partitions, {id, why});
  };
  held("key", sum.stopped_by_key);
  held("total", sum.stopped_by_total);
  held("dead-letter", sum.without_letter);
}

}  // namespace

void collect_deliveries(const dispatch::Dispatcher& dispatcher, const runtime::DeliveryRuntime& delivery,
                        metrics::Exposition& into) {
  constexpr std::array states{dispatch::State::active, dispatch::State::pending_validation, dispatch::State::suspended};
  const auto subscriptions = dispatcher.list();
  std::array<std::uint64_t, states.size()> in_state{};
  std::size_t told = 0;
  for (const auto& each : subscriptions) {
    ++in_state[static_cast<std::size_t>(each.state)];
    if (told == told_subscriptions_max) continue;
    ++told;
    const auto& id = each.subscription->id;
    DeliverySum sum;
    for (const auto& facts : delivery.facts(id)) {
      if (facts) sum.add(*facts);
    }
    tell_delivery(id, sum, delivery.counts(id), into);
    if (const auto breaker = delivery.breaker(id)) {
      const bool is_closed = breaker->state == delivery::BreakerState::closed;
      into.add("millrace_subscription_breaker_open", is_closed ? 0.0 : 1.0, {id});
    }
  }
  for (const auto state : states) {
    into.add("millrace_subscriptions", in_state[static_cast<std::size_t>(state)], {dispatch::name_of(state)});
  }
  into.add("millrace_metrics_left_out", subscriptions.size() - told, {"subscriptions"});
}

void collect_letters(redrive::Letters& letters, const redrive::Jobs& jobs, Timestamp now, metrics::Exposition& into) {
  const auto figures = letters.figures(told_letter_topics_max, letter_looks_max);
  for (std::size_t i = 0; i < figures.written.size(); ++i) {
    const auto reason = delivery::name_of(static_cast<delivery::Reason>(i));
    into.add("millrace_dead_letters_written_total", figures.written[i], {reason});
  }
  into.add("millrace_dead_letters_not_written_total", figures.not_written);
  for (const auto& [topic, count, oldest] : figures.topics) {
    const auto revising = count[static_cast<std::size_t>(redrive::LetterState::revising)];
    for (std::size_t i = 0; i < count.size(); ++i) {
      const auto state = static_cast<redrive::LetterState>(i);
      if (state == redrive::LetterState::revising) continue;  // for a moment, in which it counts as open
      const auto more = state == redrive::LetterState::open ? revising : 0;
      into.add("millrace_dead_letters", count[i] + more, {topic, redrive::name_of(state)});
    }
    const auto age_ms = oldest == no_timestamp ? 0 : std::max<std::int64_t>(now - oldest, 0);
    into.add("millrace_dead_letters_oldest_age_seconds", static_cast<double>(age_ms) / 1e3, {topic});
  }
  into.add("millrace_metrics_left_out", figures.topics_left, {"letter_topics"});
  into.add("millrace_metrics_left_out", figures.looks_left, {"letter_ages"});

  const auto totals = jobs.totals();
  for (std::size_t i = 0; i < totals.jobs.size(); ++i) {
    const auto state = static_cast<redrive::JobState>(i);
    const auto stopped = state == redrive::JobState::paused ? totals.stopped : 0;
    into.add("millrace_redrive_jobs", totals.jobs[i] - stopped, {redrive::name_of(state)});
  }
  into.add("millrace_redrive_jobs", totals.stopped, {"stopped"});
  into.add("millrace_redrive_events_total", totals.resolved, {"resolved"});
  into.add("millrace_redrive_events_total", totals.failed, {"failed"});
}

}  // namespace millrace::http
