#include "millrace/metrics/exposition.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <limits>
#include <sstream>
#include <vector>

#include "millrace/core/check.hpp"
#include "millrace/core/escaped.hpp"

namespace millrace::metrics {

namespace {

prometheus::MetricType type_of(Kind kind) {
  switch (kind) {
    case Kind::counter: return prometheus::MetricType::Counter;
    case Kind::gauge: return prometheus::MetricType::Gauge;
    case Kind::histogram: return prometheus::MetricType::Histogram;
  }
  return prometheus::MetricType::Untyped;
}

}  // namespace

struct Exposition::Families {
  std::vector<prometheus::MetricFamily> all;

  prometheus::ClientMetric& sample(const Metric& metric, std::size_t index, LabelValues values) {
    const auto names = metric.labels();
    CHECK(values.size() == names.size(), "a sample has the labels of its metric");
    auto& made = all[index].metric.emplace_back();
    made.label.reserve(names.size());
    std::size_t at = 0;
    for (const auto value : values) {
      made.label.push_back({std::string(names[at++]), is_utf8(value) ? std::string(value) : escaped(value)});
    }
    return made;
  }
};

Exposition::Exposition() : families_(std::make_unique<Families>()) {
  for (const auto& metric : list) {
    prometheus::MetricFamily family;
    family.name = metric.name;
    family.help = metric.help;
    family.type = type_of(metric.kind);
    families_->all.push_back(std::move(family));
  }
}

Exposition::~Exposition() = default;

void Exposition::add(Name name, double value, LabelValues labels) {
  const auto& metric = list[name.index()];
  CHECK(metric.kind != Kind::histogram, "one number is no histogram");
  auto& sample = families_->sample(metric, name.index(), labels);
  (metric.kind == Kind::counter ? sample.counter.value : sample.gauge.value) = value;
}

void Exposition::add(Name name, const Durations::Seen& seen, LabelValues labels) {
  const auto& metric = list[name.index()];
  CHECK(metric.kind == Kind::histogram, "only a histogram has buckets");
  auto& histogram = families_->sample(metric, name.index(), labels).histogram;
  histogram.bucket.reserve(seen.counts.size());
  for (std::size_t i = 0; i < seen.counts.size(); ++i) {
    const bool is_last = i == Durations::bounds.size();
    const auto bound =
        is_last ? std::numeric_limits<double>::infinity() : static_cast<double>(Durations::bounds[i].count()) / 1e6;
    histogram.sample_count += seen.counts[i];
    histogram.bucket.push_back({.cumulative_count = histogram.sample_count, .upper_bound = bound});
  }
  histogram.sample_sum = seen.seconds;
}

std::string Exposition::text() const {
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, families_->all);
  return std::move(out).str();
}

}  // namespace millrace::metrics
