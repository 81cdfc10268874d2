#include "lookups.hpp"

namespace millrace::http {

Lookups::Lookups(runtime::BrokerRuntime& broker, runtime::WorkThread::OnEscape on_escape)
    : broker_(broker), thread_("lookups", std::move(on_escape)) {
  thread_.post([this] { sample(); });
  thread_.repeat(sample_interval, [this] { sample(); });
}

void Lookups::stop_sampling() { thread_.stop_repeating(); }

void Lookups::stop() { thread_.finish(); }

std::optional<Flow<double>> Lookups::rates_of(const std::string& topic) const {
  return rates_.with([&](const Rates& rates) { return rates.of(topic); });
}

void Lookups::times_of(std::vector<Place> places, runtime::Callback<void(Times)> done) {
  thread_.post([this, places = std::move(places), done = std::move(done)]() mutable {
    Times times;
    for (const auto& place : places) times.push_back(broker_.time_of(*place.partition, place.offset));
    done(std::move(times));
  });
}

void Lookups::sample() {
  Rates::Totals totals;
  broker_.topology()->for_each([&](const runtime::HostedTopic& topic) {
    auto& total = totals[topic.topic->name];
    for (const auto& partition : topic.partitions) {
      const auto& traffic = partition->traffic();
      total.received_bytes += traffic.received_bytes.value();
      total.received_records += traffic.received_records.value();
      total.sent_bytes += traffic.sent_bytes.value();
      total.sent_records += traffic.sent_records.value();
    }
  });
  const auto now = Clock::now();
  const auto since_last = now - std::exchange(sampled_, now);
  rates_.with([&](Rates& rates) { rates.sample(since_last, totals); });
}

}  // namespace millrace::http
