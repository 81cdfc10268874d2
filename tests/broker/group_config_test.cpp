// What clients may set for a group: the table, the bounds, and how it is altered.

#include "millrace/broker/group_config.hpp"

#include <gmock/gmock.h>

#include "millrace/broker/catalog.hpp"
#include "millrace/core/limits.hpp"

namespace millrace::broker {
namespace {

using enum ConfigOperation;
using ::testing::HasSubstr;

constexpr auto session = "consumer.session.timeout.ms", heartbeat = "consumer.heartbeat.interval.ms";

std::string refused(const ConfigMap& configs, const GroupConfigRules& rules = {}) {
  const auto verdict = check_group_configs(configs, rules);
  EXPECT_EQ(verdict.error == ErrorCode::none, verdict.message.empty());
  EXPECT_TRUE(verdict.error == ErrorCode::none || verdict.error == ErrorCode::invalid_config);
  return verdict.message;
}

TEST(GroupConfig, StaysWithinTheBoundsOfTheBroker) {
  for (const std::string good : {"45000", "60000"}) EXPECT_EQ(refused({{session, good}}), "") << good;
  for (const std::string good : {"5000", "15000"}) EXPECT_EQ(refused({{heartbeat, good}}), "") << good;
  for (const std::string bad : {"44999", "60001", "-1", "", "soon", "5e4", " 50000", "99999999999999999999"}) {
    EXPECT_THAT(refused({{session, bad}}), HasSubstr("from 45000 to 60000")) << bad;
  }
  EXPECT_THAT(refused({{heartbeat, "4999"}}), HasSubstr("from 5000 to 15000"));
  EXPECT_EQ(refused({{session, "70000"}}, {.session_timeout_max = Milliseconds(90'000)}), "");
}

TEST(GroupConfig, ASessionIsLongerThanTheTimeBetweenHeartbeats) {
  const GroupConfigRules rules{.session_timeout_min = Milliseconds(1'000), .session_timeout_max = Milliseconds(60'000)};
  EXPECT_THAT(refused({{session, "5000"}}, rules), HasSubstr(heartbeat)) << "the broker's interval counts";
  EXPECT_THAT(refused({{session, "9000"}, {heartbeat, "9000"}}, rules), HasSubstr("more than"));
  EXPECT_EQ(refused({{session, "9001"}, {heartbeat, "9000"}}, rules), "");
}

TEST(GroupConfig, RefusesByNameWhatIsNotServed) {
  for (const auto name : group_config_keys_not_honoured()) {
    EXPECT_THAT(refused({{std::string(name), "1"}}), HasSubstr(std::string(name) + " is Kafka's")) << name;
  }
  EXPECT_THAT(refused({{"retention.ms", "1"}}), HasSubstr("retention.ms is not known"));
  EXPECT_TRUE(std::ranges::is_sorted(group_config_keys_not_honoured()));
}

TEST(GroupConfig, AStoredValueThatIsNoLongerAllowedIsPassedOver) {
  const ConfigMap stored{{session, "50000"}, {heartbeat, "6000"}};
  EXPECT_EQ(group_times({}, stored).session_timeout, Milliseconds(50'000));
  const auto times = group_times({.session_timeout_max = Milliseconds(46'000)}, stored);
  EXPECT_EQ(times.session_timeout, std::nullopt);
  EXPECT_EQ(times.heartbeat_interval, Milliseconds(6'000));
}

TEST(GroupConfig, DescribeTellsWhatIsFollowed) {
  const std::vector<ConfigFact> broker{
      {.name = "group.consumer.session.timeout.ms",
       .value = "46000",
       .source = ConfigSource::static_broker,
       .type = ConfigType::int32,
       .synonyms = {{"group.consumer.session.timeout.ms", "46000", ConfigSource::static_broker}},
       .documentation = {}}};
  const auto row = [&](const ConfigMap& group) {
    for (auto& fact : describe(GroupConfigRules{}, group, broker)) {
      if (fact.name == session) return fact;
    }
    return ConfigFact{};
  };
  EXPECT_EQ(row({}).value, "46000");
  EXPECT_EQ(row({}).source, ConfigSource::static_broker);
  EXPECT_EQ(row({{session, "50000"}}).value, "50000");
  EXPECT_EQ(row({{session, "50000"}}).source, ConfigSource::group);
  ASSERT_EQ(row({{session, "50000"}}).synonyms.size(), 2U);
  EXPECT_EQ(row({{session, "50000"}}).synonyms[0].name, session);
}

class AlterGroupTest : public ::testing::Test {
 protected:
  AlterAnswer alter(std::string group, std::vector<ConfigChange> changes, bool from_nothing = false) {
    auto answer = catalog.alter_group(
        {.group_id = std::move(group), .changes = std::move(changes), .from_nothing = from_nothing}, {});
    for (const auto& event : answer.events) EXPECT_TRUE(catalog.apply(event));
    return answer;
  }
  Catalog catalog;
};

TEST_F(AlterGroupTest, SetsAndTakesAwayForAGroupThatNeedNotExist) {
  EXPECT_EQ(alter("g", {{session, set, "50000"}, {heartbeat, set, "6000"}}).error, ErrorCode::none);
  EXPECT_EQ(catalog.group_configs("g"), (ConfigMap{{session, "50000"}, {heartbeat, "6000"}}));
  EXPECT_EQ(catalog.configured_groups(), std::vector<std::string>{"g"});
  EXPECT_EQ(catalog.group_configs("other"), ConfigMap{});
  EXPECT_EQ(alter("g", {{session, set, "51000"}}, true).error, ErrorCode::none) << "and nothing else, from nothing";
  EXPECT_EQ(catalog.group_configs("g"), (ConfigMap{{session, "51000"}}));
  EXPECT_EQ(alter("g", {{session, remove, std::nullopt}}).error, ErrorCode::none);
  EXPECT_TRUE(catalog.configured_groups().empty());
}

TEST_F(AlterGroupTest, OneBadChangeSpoilsAll) {
  const ConfigChange good{session, set, "50000"};
  EXPECT_EQ(alter("g", {good, {"share.session.timeout.ms", set, "50000"}}).error, ErrorCode::invalid_config);
  EXPECT_EQ(alter("g", {good, {heartbeat, set, "1"}}).error, ErrorCode::invalid_config);
  EXPECT_EQ(alter("g", {good, {heartbeat, append, "6000"}}).error, ErrorCode::invalid_config);
  EXPECT_EQ(alter("g", {good, {"no.such.key", remove, std::nullopt}}).error, ErrorCode::none) << "that is not set";
}

TEST_F(AlterGroupTest, WritesNothingWhenNothingIsDifferentOrItIsOnlyATry) {
  EXPECT_TRUE(alter("g", {{session, remove, std::nullopt}}).events.empty());
  const AlterGroup a_try{.group_id = "g", .changes = {{session, set, "50000"}}, .validate_only = true};
  EXPECT_TRUE(catalog.alter_group(a_try, {}).events.empty());
  EXPECT_EQ(catalog.alter_group(a_try, {}).error, ErrorCode::none);
}

TEST_F(AlterGroupTest, RefusesNamesThatNoGroupCanHave) {
  for (const auto& name : {std::string(), std::string(limits::group_id_max + 1, 'g'), std::string("g\xff")}) {
    EXPECT_EQ(alter(name, {{session, set, "50000"}}).error, ErrorCode::invalid_request);
  }
}

TEST_F(AlterGroupTest, OfTooManyGroupsIsRefused) {
  for (std::size_t i = 0; i < limits::configured_groups_max; ++i) {
    ASSERT_TRUE(catalog.apply(GroupConfigured{"g" + std::to_string(i), {{session, "50000"}}}));
  }
  EXPECT_EQ(alter("late", {{session, set, "50000"}}).error, ErrorCode::policy_violation);
  EXPECT_EQ(alter("g7", {{session, set, "51000"}}).error, ErrorCode::none) << "one that has some may change them";
  EXPECT_EQ(alter("g7", {{session, remove, std::nullopt}}).error, ErrorCode::none);
  EXPECT_EQ(alter("late", {{session, set, "50000"}}).error, ErrorCode::none);
}

}  // namespace
}  // namespace millrace::broker
