// What is made from the table of keys, against what is shipped: the files cannot lie.

#include "config_pages.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "configuration.hpp"

namespace millrace::app {
namespace {

using testing::HasSubstr;

constexpr const char* how_to_mend = "run generate_config with the root of the source tree";

std::string shipped(const std::string& path) {
  std::ifstream file(std::string(MILLRACE_SOURCE_ROOT) + "/" + path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(ShippedConfiguration, LoadsAndChangesNothing) {
  const Settings loaded = Configuration().file(shipped("config/millrace.toml")).settings();
  EXPECT_EQ(loaded, Configuration().settings());
}

TEST(ShippedConfiguration, SetsEveryKey) {
  Configuration given;
  given.file(shipped("config/millrace.toml"));
  for (const std::string& origin : given.loaded().origins) EXPECT_THAT(origin, HasSubstr("m.toml:"));
}

TEST(ShippedConfiguration, IsMadeFromTheTable) {
  EXPECT_EQ(shipped("config/millrace.toml"), config_file_text()) << how_to_mend;
}

TEST(ReferencePage, IsMadeFromTheTable) {
  EXPECT_EQ(shipped("docs/configuration.md"), config_reference_page()) << how_to_mend;
}

TEST(EffectiveConfig, ShowsEachValueAndItsOriginAndCanBeReadBack) {
  Configuration given;
  given.file("threads = 3").env("MILLRACE_LISTENERS", "[::1]:1").flags({"--data-dir", "/d \"q\" \\"});
  const std::string shown = effective_config(given.loaded());
  EXPECT_THAT(shown, testing::ContainsRegex("threads = 3 +# m.toml:1\n"));
  EXPECT_THAT(shown, testing::ContainsRegex("listeners = \\[\"\\[::1\\]:1\"\\] +# MILLRACE_LISTENERS\n"));
  EXPECT_THAT(shown, testing::ContainsRegex("broker_id = 1 +# default\n"));
  EXPECT_EQ(Configuration().file(shown).settings(), given.settings());
}

}  // namespace
}  // namespace millrace::app
