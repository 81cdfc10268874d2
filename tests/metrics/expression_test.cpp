#include <gmock/gmock.h>

#include "panels.hpp"

namespace millrace::metrics {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Expression, NamesOurMetricsAndNoOthers) {
  EXPECT_THAT(names_in("sum by (topic) (rate(millrace_topics[5m])) / process_open_fds + up"),
              ElementsAre("millrace_topics", "process_open_fds"));
  EXPECT_THAT(names_in("up{job=\"millrace_x\"}"), IsEmpty());
}

TEST(Expression, APartOfAHistogramIsTheHistogram) {
  EXPECT_THAT(names_in("rate(millrace_flush_duration_seconds_bucket[5m])"),
              ElementsAre("millrace_flush_duration_seconds"));
  EXPECT_THAT(names_in("millrace_topics_count"), ElementsAre("millrace_topics_count"));
}

TEST(Expression, LabelsAreAskedOfEveryMetric) {
  EXPECT_EQ(with_labels("millrace_topics / process_open_fds{a=\"b\"}", "job=\"x\""),
            "millrace_topics{job=\"x\"} / process_open_fds{job=\"x\",a=\"b\"}");
  EXPECT_EQ(with_labels("rate(millrace_topics[5m]) + up", "i=\"1\""), "rate(millrace_topics{i=\"1\"}[5m]) + up");
}

}  // namespace
}  // namespace millrace::metrics
