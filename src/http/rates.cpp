#include "rates.hpp"

#include <cmath>
#include <utility>

namespace millrace::http {

namespace {

constexpr double memory_seconds = 60;

/// Calls f with each pair of fields.
template <class A, class B, class F>
void for_each_field(Flow<A>& a, const Flow<B>& b, F&& f) {
  f(a.received_bytes, b.received_bytes);
  f(a.received_records, b.received_records);
  f(a.sent_bytes, b.sent_bytes);
  f(a.sent_records, b.sent_records);
}

bool went_back(Flow<std::uint64_t> before, const Flow<std::uint64_t>& now) {
  bool back = false;
  for_each_field(before, now, [&](std::uint64_t was, std::uint64_t is) { back = back || is < was; });
  return back;
}

Flow<double> per_second(Flow<std::uint64_t> before, const Flow<std::uint64_t>& now, double seconds) {
  Flow<double> rate;
  for_each_field(before, now, [](std::uint64_t& was, std::uint64_t is) { was = is - was; });
  for_each_field(rate, before, [&](double& to, std::uint64_t grew) { to = static_cast<double>(grew) / seconds; });
  return rate;
}

}  // namespace

void Rates::sample(std::chrono::duration<double> since_last, const Totals& totals) {
  std::erase_if(topics_, [&](const auto& known) { return !totals.contains(known.first); });
  const auto seconds = since_last.count();
  if (seconds <= 0) return;
  const auto weight = 1 - std::exp(-seconds / memory_seconds);
  for (const auto& [topic, now] : totals) {
    const auto [at, is_new] = topics_.try_emplace(topic, Known{.totals = now, .rate = std::nullopt});
    auto& known = at->second;
    if (is_new) continue;
    if (went_back(known.totals, now)) {
      known = {.totals = now, .rate = std::nullopt};
      continue;
    }
    const auto latest = per_second(std::exchange(known.totals, now), now, seconds);
    if (!known.rate) {
      known.rate = latest;
      continue;
    }
    for_each_field(*known.rate, latest, [&](double& average, double is) { average += weight * (is - average); });
  }
}

std::optional<Flow<double>> Rates::of(const std::string& topic) const {
  const auto found = topics_.find(topic);
  return found == topics_.end() ? std::nullopt : found->second.rate;
}

}  // namespace millrace::http
