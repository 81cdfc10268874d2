// History: compressed by group and reason, written down within its bound, and read again.

#include "millrace/deadletter/history.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "letters.hpp"

namespace millrace::deadletter {
namespace {

using delivery::Reason;
using testing::ElementsAre;
using testing::SizeIs;

TEST(History, OneEntryForEachGroupAndReasonTheNewestFirst) {
  History history;
  note(history, {"billing", Reason::http_status, 3, 1'000, 5'000});
  note(history, {"mail", Reason::rejected, 1, 6'000, 6'000});
  note(history, {"billing", Reason::http_timeout, 1, 2'000, 2'000});
  EXPECT_THAT(history.deaths, ElementsAre(Death{"mail", Reason::rejected, 1, 6'000, 6'000},
                                          Death{"billing", Reason::http_status, 3, 1'000, 5'000},
                                          Death{"billing", Reason::http_timeout, 1, 2'000, 2'000}));
  note(history, {"billing", Reason::http_status, 2, 7'000, 8'000});
  EXPECT_THAT(history.deaths, ElementsAre(Death{"billing", Reason::http_status, 5, 1'000, 8'000},
                                          Death{"mail", Reason::rejected, 1, 6'000, 6'000},
                                          Death{"billing", Reason::http_timeout, 1, 2'000, 2'000}));
}

TEST(History, CountsStopAtTheirEnd) {
  History history;
  note(history, {"billing", Reason::rejected, UINT32_MAX - 1, no_timestamp, 5});
  note(history, {"billing", Reason::rejected, 7, 3, no_timestamp});
  EXPECT_THAT(history.deaths, ElementsAre(Death{"billing", Reason::rejected, UINT32_MAX, 3, 5}));
}

TEST(History, IsWrittenAsDocumented) {
  History history;
  note(history, {"billing", Reason::http_status, 4, noon, noon + 190'500});
  note(history, {"team/mail", Reason::expired, 1, no_timestamp, noon + 200'000});
  history.omitted = 3;
  const std::string text =
      "x--team_2fmail,expired,1,-,2026-05-01T12:03:20.000Z;"
      "billing,http-status,4,2026-05-01T12:00:00.000Z,2026-05-01T12:03:10.500Z;+3";
  EXPECT_EQ(to_text(history), text);
  EXPECT_EQ(parse_history(text), history);
}

TEST(History, NothingIsWrittenAsNothing) {
  EXPECT_EQ(to_text(History()), "");
  EXPECT_EQ(parse_history(""), History());
}

TEST(History, BeyondItsBoundTheOldestAreLeftOutAndCounted) {
  History history;
  for (int group = 0; group < 1'000; ++group) {
    note(history, {"group-" + std::to_string(group), Reason::rejected, 1, noon + group, noon + group});
  }
  const std::string text = to_text(history);
  EXPECT_LE(text.size(), history_bytes_max);
  EXPECT_GT(text.size(), history_bytes_max - 200);
  const auto read = parse_history(text);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->deaths.front().group, "group-999");
  EXPECT_EQ(read->deaths.size() + read->omitted, 1'000U);
  EXPECT_EQ(to_text(*read), text) << "it comes to rest";
}

TEST(History, AGroupWithTheLongestNameHasRoom) {
  History history;
  note(history, {std::string(limits::group_id_max, '/'), Reason::rejected, 1, noon, noon});
  EXPECT_THAT(parse_history(to_text(history)).value().deaths, SizeIs(1));
}

TEST(History, WhatBreaksTheGrammarIsNone) {
  const std::string entry = "billing,rejected,1,-,-";
  ASSERT_TRUE(parse_history(entry).has_value());
  for (const std::string& text :
       {std::string(";"), entry + ";", ";" + entry, entry + ";;" + entry, entry + ",",
        std::string("billing,rejected,1,-"), std::string("billing,unheard-of,1,-,-"), std::string("billing,,1,-,-"),
        std::string("billing,rejected,-1,-,-"), std::string("billing,rejected,1,yesterday,-"),
        std::string("a b,rejected,1,-,-"), "+1;" + entry, std::string("+0"), std::string("+"),
        std::string("+4294967296"), std::string(history_bytes_max + 1, 'a')}) {
    EXPECT_EQ(parse_history(text), std::nullopt) << text.substr(0, 80);
  }
}

}  // namespace
}  // namespace millrace::deadletter
