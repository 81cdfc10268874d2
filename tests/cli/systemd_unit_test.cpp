#include "systemd_unit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace millrace::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string shipped() {
  std::ostringstream text;
  text << std::ifstream(MILLRACE_SOURCE_ROOT "/config/millrace.service").rdbuf();
  return text.str();
}

std::string unit(const UnitWish& wish) {
  const auto made = systemd_unit(shipped(), wish);
  return made ? *made : "refused: " + made.error().message;
}

TEST(SystemdUnit, IsTheShippedOneWithoutWishes) {
  ASSERT_THAT(shipped(), HasSubstr("ExecStart="));
  EXPECT_EQ(unit({}), shipped());
}

TEST(SystemdUnit, HasOtherPlacesAndAnotherUser) {
  const auto made = unit({.program = "/opt/m/millraced", .config = "/etc/m.toml", .data_dir = "/srv/m", .user = "m"});
  EXPECT_THAT(made, HasSubstr("\nExecStart=/opt/m/millraced --config /etc/m.toml --data-dir /srv/m\n"));
  EXPECT_THAT(made, HasSubstr("\nUser=m\n"));
  EXPECT_THAT(made, HasSubstr("\nReadWritePaths=/srv/m\n"));
  EXPECT_THAT(made, Not(HasSubstr("DynamicUser")));
  EXPECT_THAT(made, Not(HasSubstr("StateDirectory")));
  EXPECT_THAT(made, HasSubstr("\nProtectHome=yes\n"));
  EXPECT_THAT(made, HasSubstr("\nProtectSystem=strict\n"));
}

TEST(SystemdUnit, LetsItIntoAHomeThatHoldsItsData) {
  EXPECT_THAT(unit({.program = "", .config = "", .data_dir = "/home/m/data", .user = "m"}),
              HasSubstr("\nProtectHome=no\n"));
}

TEST(SystemdUnit, RefusesWhatSystemdWouldUnderstandOtherwise) {
  for (const auto* path : {"relative", "/with blank", "/per%cent", "/new\nline", "/quo\"te", "/a/../b"}) {
    EXPECT_THAT(unit({.program = "", .config = path, .data_dir = "", .user = ""}), HasSubstr("refused: --config"));
  }
  EXPECT_THAT(unit({.program = "", .config = "", .data_dir = "", .user = "a b"}), HasSubstr("refused: --user"));
  EXPECT_THAT(unit({.program = "", .config = "", .data_dir = "/srv/m", .user = ""}), HasSubstr("needs --user"));
}

}  // namespace
}  // namespace millrace::cli
