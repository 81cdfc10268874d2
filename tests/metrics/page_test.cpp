#include "page.hpp"

#include <gtest/gtest.h>

#include "support/page_table.hpp"

namespace millrace::metrics {
namespace {

TEST(Documentation, HasTheTableOfMetrics) {
  EXPECT_EQ(support::hold_page_table(MILLRACE_DOCS "metrics.md", "list.hpp", metrics_table()), "");
}

TEST(Documentation, HasTheTableOfAlerts) {
  EXPECT_EQ(support::hold_page_table(MILLRACE_DOCS "metrics.md", "alerts.cpp", alerts_table()), "");
}

}  // namespace
}  // namespace millrace::metrics
