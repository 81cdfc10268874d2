// Which dead letters are meant, and their events.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "letter_events.hpp"
#include "letter_selection.hpp"
#include "millrace/cloudevents/json.hpp"

namespace millrace::cli {
namespace {

using testing::ElementsAre;

TEST(LetterSelection, SaysWhatIsNamed) {
  EXPECT_EQ(json_of(LetterSelection{}), Json::object());
  const LetterSelection some{.where = "n > 1",
                             .reasons = {"expired", "rejected"},
                             .since = "2026-05-01T12:00:00Z",
                             .until = "2026-05-02T12:00:00Z",
                             .ids = {"g~t~0~1~0"},
                             .limit = 7};
  EXPECT_EQ(json_of(some), Json::parse(R"({"ids": ["g~t~0~1~0"], "where": "n > 1", "reason": ["expired", "rejected"],
    "since": "2026-05-01T12:00:00Z", "until": "2026-05-02T12:00:00Z", "limit": 7})"));
}

TEST(LetterSelection, IsAPageOfATopic) {
  EXPECT_EQ(page_target("dlq.g.t", {}, "open", 100, ""), "/v1/dead-letters/dlq.g.t?state=open&limit=100");
  const LetterSelection some{.where = "a = 'b'", .reasons = {"expired", "rejected"}, .since = "2026-05-01T12:00:00Z"};
  EXPECT_EQ(page_target("dlq.g.t", some, "all", 10, "c/1"),
            "/v1/dead-letters/dlq.g.t?state=all&limit=10&where=a%20%3D%20%27b%27&reason=expired%2Crejected"
            "&since=2026-05-01T12%3A00%3A00Z&cursor=c%2F1");
}

TEST(Letter, IsWhereItsIdSaysUnlessItsTopicIsNamed) {
  EXPECT_EQ(letter_target("g~t~3~1042~0", ""), "/v1/dead-letters/dlq.g.t/letters/g~t~3~1042~0");
  EXPECT_EQ(letter_target("x--team_2fbilling~t~3~1042~0", ""),
            "/v1/dead-letters/dlq.x--team_2fbilling.t/letters/x--team_2fbilling~t~3~1042~0");
  EXPECT_EQ(letter_target("g~t~3~1042~0", "graves"), "/v1/dead-letters/graves/letters/g~t~3~1042~0");
  EXPECT_EQ(letter_target("3~0", "graves"), "/v1/dead-letters/graves/letters/3~0");  // a letter of others
  for (const auto* id : {"", "g~t~3", "g~t~x~1~0", "dlq.g.t"}) EXPECT_FALSE(letter_target(id, "")) << id;
}

TEST(LetterEvent, LosesWhatTheLetterSaysOfItself) {
  auto event = cloudevents::parse_json(
      R"({"specversion":"1.0","id":"A","source":"/s","type":"t","dltopic":"orders","dlpartition":3,"dloffset":"1042",
          "dlgroup":"g","dlattempts":5,"dlmessage":"no","dlreason":"expired","dlcode":503,"dldest":"https://s.example/",
          "dlfirsttime":"2026-05-01T12:00:00Z","dltime":"2026-05-01T12:00:00Z","dlid":"g~t~0~1~0","dlhistory":"+1",
          "dlx":"mine"})");
  ASSERT_TRUE(event);
  remove_marks(*event);
  EXPECT_EQ(Json::parse(cloudevents::to_json(*event)),
            Json::parse(R"({"specversion":"1.0","id":"A","source":"/s","type":"t","dlx":"mine"})"));
}

TEST(LetterEvents, AreBatchesOfABoundedSize) {
  const auto event = cloudevents::parse_json(R"({"specversion":"1.0","id":"A","source":"/s","type":"t"})");
  ASSERT_TRUE(event);
  const auto one = cloudevents::to_json(*event);
  const std::vector three(3, *event);
  EXPECT_THAT(batches_of(three, 2 * one.size() + 3), ElementsAre("[" + one + "," + one + "]", "[" + one + "]"));
  EXPECT_THAT(batches_of(three, 1), ElementsAre("[" + one + "]", "[" + one + "]", "[" + one + "]"));
  EXPECT_TRUE(batches_of({}, 100).empty());
}

}  // namespace
}  // namespace millrace::cli
