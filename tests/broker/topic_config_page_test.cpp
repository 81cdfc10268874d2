// That the page for users of Kafka lists the topic configurations that are honoured, and those that are refused.

#include <gtest/gtest.h>

#include <limits>
#include <sstream>

#include "millrace/broker/topic_config.hpp"
#include "support/page_table.hpp"

namespace millrace::broker {
namespace {

std::string range(const ConfigKey& key) {
  std::string text;
  if (key.words.empty()) {
    const bool bounded = key.max != std::numeric_limits<std::int64_t>::max();
    return bounded ? std::to_string(key.min) + " to " + std::to_string(key.max) : "from " + std::to_string(key.min);
  }
  std::istringstream words{std::string(key.words)};
  for (std::string word; words >> word;) text += (text.empty() ? "" : ", ") + word;
  return text;
}

TEST(Documentation, HasTheTableOfTopicConfigurations) {
  std::ostringstream out;
  out << "| Name | Default | May be | Meaning |\n|---|---|---|---|\n";
  for (const auto& key : config_keys()) {
    out << "| `" << key.name << "` | `" << key.default_value << "` | " << range(key) << " | " << key.documentation
        << " |\n";
  }
  EXPECT_EQ(support::hold_page_table(MILLRACE_DOCS "compatibility.md", "topic_config.cpp", out.str()), "");
}

TEST(Documentation, HasTheListOfRefusedTopicConfigurations) {
  std::string names;
  for (const auto name : config_keys_not_honoured()) names += "- `" + std::string(name) + "`\n";
  EXPECT_EQ(support::hold_page_table(MILLRACE_DOCS "compatibility.md", "refused configurations", names), "");
}

}  // namespace
}  // namespace millrace::broker
