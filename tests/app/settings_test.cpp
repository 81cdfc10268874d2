#include "settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "keys.hpp"

namespace millrace::app {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Keys, EachHasANameOfItsOwnAndWords) {
  std::set<std::string> names;
  for (const Key& key : keys()) {
    EXPECT_TRUE(names.insert(key.name).second) << key.name;
    EXPECT_FALSE(key.about.empty()) << key.name;
    EXPECT_EQ(key.about.back(), '.') << key.name;
    EXPECT_FALSE(key.allowed.empty()) << key.name;
  }
}

TEST(Keys, AreSpelledAlikeInFileFlagAndEnvironment) {
  const Key* key = find_key("num_partitions");
  ASSERT_NE(key, nullptr);
  EXPECT_EQ(key->flag(), "--num-partitions");
  EXPECT_EQ(key->variable(), "MILLRACE_NUM_PARTITIONS");
  EXPECT_EQ(find_key("num-partitions"), nullptr);
}

TEST(Keys, AValueThatIsNotAllowedChangesNothing) {
  for (const Key& key : keys()) {
    Settings settings;
    EXPECT_FALSE(key.read(settings, {"\n"})) << key.name;
    EXPECT_EQ(settings, Settings{}) << key.name;
  }
}

TEST(Keys, ACollectorIsReachedOverPlainHttpOrThereIsNone) {
  const Key* key = find_key("tracing_endpoint");
  ASSERT_NE(key, nullptr);
  Settings settings;
  EXPECT_FALSE(key->tell(settings)) << "off unless asked for";
  for (const char* url : {"http://127.0.0.1:4318/v1/traces", "http://[::1]:4318", "http://collector.example/x", ""}) {
    EXPECT_TRUE(key->read(settings, {url})) << url;
    EXPECT_EQ(settings.tracing_endpoint, url);
  }
  for (const char* url : {"https://127.0.0.1:4318", "127.0.0.1:4318", "http://a:b", "http://a?b"}) {
    EXPECT_FALSE(key->read(settings, {url})) << url;
  }
}

TEST(Keys, AnOriginIsANameOfDns) {
  const Key* key = find_key("webhook_origin");
  ASSERT_NE(key, nullptr);
  Settings settings;
  for (const char* name : {"localhost", "events.example.com"}) {
    EXPECT_TRUE(key->read(settings, {name})) << name;
    EXPECT_EQ(settings.webhook_origin, name);
  }
  for (const char* text : {"", "https://events.example.com", "events.example.com:80", "a b", "-a"}) {
    EXPECT_FALSE(key->read(settings, {text})) << text;
  }
}

TEST(Keys, SinksMayBeNothingButHttpsOnTheInternetUnlessAnOperatorSaysSo) {
  for (const char* name :
       {"webhook_allow_http", "webhook_allow_loopback", "webhook_allow_private_networks", "webhook_allow_link_local"}) {
    const Key* key = find_key(name);
    ASSERT_NE(key, nullptr) << name;
    EXPECT_EQ(key->print(Settings{}), "false") << name;
  }
}

TEST(Keys, AFractionIsReadAndWrittenInDecimals) {
  const Key* key = find_key("tracing_sample_ratio");
  ASSERT_NE(key, nullptr);
  Settings settings;
  EXPECT_EQ(key->print(settings), "1.0");
  for (const auto& [text, told] : std::vector<std::pair<std::string, std::string>>{
           {"0", "0.0"}, {"1", "1.0"}, {"0.25", "0.25"}, {"0.10", "0.1"}, {"0.000001", "0.000001"}, {"1.0", "1.0"}}) {
    EXPECT_TRUE(key->read(settings, {text})) << text;
    EXPECT_EQ(key->print(settings), told);
  }
  for (const char* text : {"", "1.1", "2", "-0.5", "+0.5", ".5", "1e-3", "0,5", "0.5x", "nan", "0x1", "0.5.0", "0_1"}) {
    EXPECT_FALSE(key->read(settings, {text})) << text;
  }
}

TEST(Reload, SaysWhatAppliesAndWhatWaitsForARestart) {
  Settings fresh;
  EXPECT_THAT(changed_reloadable(Settings{}, fresh).applied, IsEmpty());
  fresh.log_level = LogLevel::debug;
  fresh.max_connections = 7;
  fresh.listeners = {{"127.0.0.1", 1}};
  const Changes changes = changed_reloadable(Settings{}, fresh);
  EXPECT_THAT(changes.applied, ElementsAre("max_connections", "log_level"));
  EXPECT_THAT(changes.needs_restart, ElementsAre("listeners"));
}

TEST(Reload, TakesOverOnlyWhatMayChange) {
  Settings fresh;
  fresh.log_level = LogLevel::debug;
  fresh.listeners = {{"127.0.0.1", 1}};
  const Settings now = reloaded(Settings{}, fresh);
  EXPECT_EQ(now.log_level, LogLevel::debug);
  EXPECT_EQ(now.listeners, Settings{}.listeners);
}

TEST(Endpoint, IsPrintedAsItIsRead) {
  EXPECT_EQ((Endpoint{"::1", 9092}.to_string()), "[::1]:9092");
  EXPECT_EQ((Endpoint{"127.0.0.1", 1}.to_string()), "127.0.0.1:1");
}

TEST(Endpoint, KnowsLoopbackHoweverItIsWritten) {
  for (const char* host : {"127.0.0.1", "127.255.0.9", "::1", "0:0:0:0:0:0:0:1", "localhost"}) {
    EXPECT_TRUE(is_loopback({host, 1})) << host;
  }
  for (const char* host : {"0.0.0.0", "::", "128.0.0.1", "10.0.0.1", "::2", "localhost.example", "127.example"}) {
    EXPECT_FALSE(is_loopback({host, 1})) << host;
  }
}

}  // namespace
}  // namespace millrace::app
