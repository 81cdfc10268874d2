// The text format 0.0.4 as Prometheus describes it: a sample a line, names and labels before the value.

#include "millrace/metrics/exposition.hpp"

#include <gmock/gmock.h>

#include <sstream>

namespace millrace::metrics {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> samples_of(const Exposition& exposition, const std::string& name) {
  std::vector<std::string> lines;
  std::istringstream text(exposition.text());
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with(name)) lines.push_back(line);
  }
  return lines;
}

TEST(Exposition, TellsEveryMetricOfTheListWithTypeAndHelp) {
  const auto text = Exposition().text();
  for (const auto& metric : list) {
    const std::string name(metric.name);
    EXPECT_THAT(text, HasSubstr("# HELP " + name + " " + std::string(metric.help) + "\n"));
    const auto* type = metric.kind == Kind::counter ? "counter" : metric.kind == Kind::gauge ? "gauge" : "histogram";
    EXPECT_THAT(text, HasSubstr("# TYPE " + name + " " + type + "\n"));
  }
}

TEST(Exposition, TellsASampleWithItsLabels) {
  Exposition exposition;
  exposition.add("millrace_topics", std::uint64_t{7});
  exposition.add("millrace_connections_refused_total", std::uint64_t{2}, {"http", "max_connections"});
  EXPECT_THAT(samples_of(exposition, "millrace_topics"), ElementsAre("millrace_topics 7"));
  EXPECT_THAT(samples_of(exposition, "millrace_connections_refused"),
              ElementsAre("millrace_connections_refused_total{door=\"http\",reason=\"max_connections\"} 2"));
}

TEST(Exposition, KeepsLargeCountsWhole) {
  Exposition exposition;
  exposition.add("millrace_disk_size_bytes", std::uint64_t{9'007'199'254'740'991});
  EXPECT_THAT(samples_of(exposition, "millrace_disk_size_bytes"),
              ElementsAre("millrace_disk_size_bytes 9007199254740991"));
}

TEST(Exposition, EscapesWhatWouldEndALabel) {
  Exposition exposition;
  exposition.add("millrace_group_lag_records", 1.0, {"say \"a\\b\"\nand ü", "t"});
  EXPECT_THAT(samples_of(exposition, "millrace_group_lag_records"),
              ElementsAre("millrace_group_lag_records{group=\"say \\\"a\\\\b\\\"\\nand ü\",topic=\"t\"} 1"));
}

TEST(Exposition, BytesThatAreNoTextDoNotSpoilIt) {
  Exposition exposition;
  exposition.add("millrace_group_lag_records", 1.0, {"\xff", "t"});
  EXPECT_THAT(samples_of(exposition, "millrace_group_lag_records"),
              ElementsAre("millrace_group_lag_records{group=\"\\\\xff\",topic=\"t\"} 1"));
}

TEST(Exposition, BucketsOfAHistogramAddUp) {
  Durations durations;
  durations.add(1ms);
  durations.add(2ms);
  durations.add(1min);
  Exposition exposition;
  exposition.add("millrace_flush_duration_seconds", durations.seen());
  const auto lines = samples_of(exposition, "millrace_flush_duration_seconds");
  EXPECT_EQ(lines.size(), Durations::bounds.size() + 3);
  for (const std::string line : {"_count 3", "_sum 60.003", "_bucket{le=\"0.0005\"} 0", "_bucket{le=\"0.001\"} 1",
                                 "_bucket{le=\"0.0025\"} 2", "_bucket{le=\"30\"} 2", "_bucket{le=\"+Inf\"} 3"}) {
    EXPECT_THAT(lines, Contains("millrace_flush_duration_seconds" + line));
  }
}

}  // namespace
}  // namespace millrace::metrics
