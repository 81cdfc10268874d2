// Topics of dead letters, how groups are written in them, and ids.

#include "millrace/deadletter/names.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "millrace/core/limits.hpp"

namespace millrace::deadletter {
namespace {

using testing::HasSubstr;

TEST(Written, AGroupThatATopicCouldBeCalledIsItself) {
  for (const char* const group : {"billing", "My_group-2", "team.billing", "_", "x-", "x"}) {
    EXPECT_EQ(written(group), group);
    EXPECT_EQ(group_written_as(group), group);
  }
}

TEST(Written, OtherBytesAreHex) {
  EXPECT_EQ(written("team/billing"), "x--team_2fbilling");
  EXPECT_EQ(written("a_b c.d"), "x--a_5fb_20c_2ed");
  EXPECT_EQ(written("caf\xC3\xA9"), "x--caf_c3_a9");
  EXPECT_EQ(written("x--billing"), "x--x--billing") << "or it would be another's";
}

TEST(Written, NoTwoGroupsAreWrittenAlikeAndEachIsReadBack) {
  std::mt19937 dice(7);
  constexpr std::string_view alphabet = "x--_.2fA/ \xC3";
  std::set<std::string> groups;
  std::set<std::string> texts;
  for (int round = 0; round < 20'000; ++round) {
    std::string group;
    for (std::size_t length = dice() % 8; length > 0; --length) group += alphabet[dice() % alphabet.size()];
    const std::string text = written(group);
    EXPECT_EQ(text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"),
              std::string::npos);
    EXPECT_EQ(group_written_as(text), group);
    groups.insert(group);
    texts.insert(text);
  }
  EXPECT_EQ(groups.size(), texts.size());
}

TEST(Written, WhatIsNotMadeOfAGroupIsNoneOfThem) {
  for (const char* const text : {"a/b", "x--billing", "x--a_2", "x--a_2F_", "x--a_zz", "x--a.b_2f", "x--_61_2f"}) {
    EXPECT_EQ(group_written_as(text), std::nullopt) << text;
  }
}

TEST(DeadLetterTopic, IsNamedByGroupAndTopic) {
  EXPECT_EQ(topic_for("billing", "orders").value(), "dlq.billing.orders");
  EXPECT_EQ(topic_for("team/billing", "orders.eu").value(), "dlq.x--team_2fbilling.orders.eu");
}

TEST(DeadLetterTopic, IsNotCut) {
  const std::string topic(limits::topic_name_max - std::string_view("dlq.billing.").size(), 't');
  EXPECT_EQ(topic_for("billing", topic).value().size(), limits::topic_name_max);
  const auto beyond = topic_for("billing", topic + 't');
  ASSERT_FALSE(beyond.has_value());
  EXPECT_EQ(beyond.error().code, Errc::too_large);
  EXPECT_THAT(beyond.error().message, HasSubstr("has 250 characters"));
}

TEST(DeadLetterTopic, NeedsAGroupAndAPossibleTopic) {
  EXPECT_EQ(topic_for("", "orders").error().code, Errc::invalid);
  for (const char* const topic : {"", ".", "..", "a/b", "caf\xC3\xA9"}) {
    EXPECT_EQ(topic_for("billing", topic).error().code, Errc::invalid) << topic;
  }
}

TEST(DeadLetterTopic, TellsWhoseItIsWhenThereIsOneAnswer) {
  EXPECT_EQ(named_by("dlq.billing.orders"), (GroupAndTopic{"billing", "orders"}));
  EXPECT_EQ(named_by("dlq.x--team_2fbilling.orders.eu"), (GroupAndTopic{"team/billing", "orders.eu"}));
  EXPECT_EQ(named_by("dlq.a.b.c"), std::nullopt) << "of a, or of a.b";
  for (const char* const topic : {"dlq.", "dlq.billing", "dlq..orders", "dlq.billing.", "orders", "dlq.x--b.orders"}) {
    EXPECT_EQ(named_by(topic), std::nullopt) << topic;
  }
}

TEST(DeadLetterTopic, IsWrittenToOnlyWithPrefixAndConsent) {
  EXPECT_TRUE(check_target("dlq.billing.orders", "dlq.", true).has_value());
  EXPECT_TRUE(check_target("orders-dlt", "", true).has_value());
  EXPECT_THAT(check_target("orders", "dlq.", true).error().message, HasSubstr("'orders' must begin with 'dlq.'"));
  EXPECT_THAT(check_target("dlq.billing.orders", "dlq.", false).error().message,
              HasSubstr("errors.deadletterqueue.group.enable=true"));
  EXPECT_EQ(check_target("__consumer_offsets", "", true).error().code, Errc::invalid);
  EXPECT_EQ(check_target("dlq./", "dlq.", true).error().code, Errc::invalid);
}

TEST(LetterId, NamesTheLetterAndIsReadBack) {
  const LetterName name{"billing", "orders", 3, Offset(1042), 1};
  EXPECT_EQ(id_of(name), "billing~orders~3~1042~1");
  EXPECT_EQ(parse_id("billing~orders~3~1042~1"), name);
  const LetterName odd{"a~b/\xFF", "orders", 0, Offset(INT64_MAX), UINT32_MAX};
  EXPECT_EQ(id_of(odd), "x--a_7eb_2f_ff~orders~0~9223372036854775807~4294967295");
  EXPECT_EQ(parse_id(id_of(odd)), odd);
}

TEST(LetterId, HasOneSpelling) {
  for (const char* const id : {"", "billing", "billing~orders~3~1042", "billing~orders~3~1042~", "b~o~03~1~0",
                               "b~o~3~+1~0", "b~o~3~1~0~0", "b~o~3~1~-1", "b~o~3~9223372036854775808~0", "b /~o~3~1~0",
                               "b~o~-3~1~0", "b~o~3~-1~0", "b~o/~3~1~0", "b~~3~1~0"}) {
    EXPECT_EQ(parse_id(id), std::nullopt) << id;
  }
}

}  // namespace
}  // namespace millrace::deadletter
