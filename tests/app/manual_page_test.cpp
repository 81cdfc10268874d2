#include "manual_page.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keys.hpp"

namespace millrace::app {
namespace {

using testing::HasSubstr;

TEST(DaemonManualPage, HasEveryKey) {
  const auto page = daemon_manual_page("1.0");
  for (const Key& key : keys()) {
    std::string flag;
    for (const char c : key.flag()) flag += c == '-' ? std::string("\\-") : std::string(1, c);
    EXPECT_THAT(page, HasSubstr("\\fB" + flag + "\\fR \\fIVALUE\\fR\n"));
  }
  EXPECT_THAT(page, HasSubstr(".TH MILLRACED 8 "));
}

}  // namespace
}  // namespace millrace::app
