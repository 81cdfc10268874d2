// What the broker answers about subscriptions and dead letters, as it is printed; the bodies are those of docs/http.md.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "problem_text.hpp"
#include "received_lines.hpp"
#include "views.hpp"

namespace millrace::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string shown(const View& view, const char* body) { return view.text(Json::parse(body), Paint()); }

TEST(ProblemText, IsTheDetailUnlessThereAreErrors) {
  EXPECT_EQ(problem_text(Json{{"title", "No"}, {"detail", "is\nnot"}}), "No: is\\nnot");
  auto problem = Json::parse(
      R"({"title": "No", "detail": "two things", "errors": [{"pointer": "/config/maxage", "rule": "SUB-14",
          "detail": "is 0"}, {"header": "ce-time", "rule": "CORE-19", "detail": "is noon"}]})");
  EXPECT_EQ(problem_text(problem), "No:\n  /config/maxage: is 0 (SUB-14)\n  ce-time: is noon (CORE-19)");
  problem["errors"].erase(1);
  EXPECT_EQ(problem_text(problem), "No: /config/maxage: is 0 (SUB-14)");
}

constexpr const char* received =
    R"({"events": [{"lock": {"token": "t1", "attempt": 1, "until": "2026-05-01T12:00:00Z"},
                    "record": {"topic": "t", "partition": 0, "offset": 7, "key": null},
                    "event": {"id": "A", "data": {"total": 12.50,
  "big": 123456789012345678901234567890}}},
                   {"lock":{"token":"t2"},"record":{},"event":{"id":"B"}}]})";

std::vector<std::string> lines_of(std::string_view output) {
  std::vector<std::string> texts;
  for (const auto& line : received_lines(received, output)) texts.push_back(line.text);
  return texts;
}

TEST(ReceivedLines, AreEventsWithEveryDigit) {
  EXPECT_THAT(lines_of("table"),
              testing::ElementsAre(R"({"id": "A", "data": {"total": 12.50,   "big": 123456789012345678901234567890}})",
                                   R"({"id":"B"})"));
}

TEST(ReceivedLines, AreTokensOrAllThatCame) {
  EXPECT_THAT(lines_of("id"), testing::ElementsAre("t1", "t2"));
  const auto all = lines_of("json");
  ASSERT_EQ(all.size(), 2U);
  EXPECT_THAT(all[0], Not(HasSubstr("\n")));
  EXPECT_EQ(Json::parse(all[0]), Json::parse(received)["events"][0]);
  EXPECT_EQ(received_lines(received, "table")[1].token, "t2");
}

TEST(ReceivedLines, OfWhatIsNoAnswerAreRefused) {
  for (const auto* body : {"[]", "{}", R"({"events": [{}]})", R"({"events": [{"lock": {"token": "t"}}]})"}) {
    EXPECT_THROW(static_cast<void>(received_lines(body, "table")), nlohmann::json::exception) << body;
  }
}

constexpr const char* subscription =
    R"({"id": "s-1", "source": "/shop", "filters": [{"sql": "n > 1"}],
        "sink": "https://sink.example/", "protocol": "HTTP",
        "config": {"topic": "orders", "startfrom": "latest", "maxattempts": "10", "ordering": "key"},
        "status": {"state": "suspended", "reason": "the sink says 410", "lag": 12, "unsettled": 5, "ready": 1,
                   "parked": 2,
                   "acquired": 0, "waiting": 1, "archiving": 0, "dead": 1, "acknowledged": 40, "failed": 3, "died": 1,
                   "partitions": [{"partition": 0, "start": 30, "told": 45, "high_watermark": 52, "unsettled": 5,
                                   "stop": "key"}],
                   "last_attempt": {"time": "2026-05-01T12:00:00Z", "status": 410, "message": "Gone"}}})";

TEST(Subscription, IsShownWithHowItFares) {
  EXPECT_EQ(shown(views::subscription, subscription),
            "subscription  s-1\n"
            "topic         orders\n"
            "from          latest\n"
            "source        /shop\n"
            "types         all\n"
            "filters       {\"sql\":\"n > 1\"}\n"
            "goes to       https://sink.example/\n"
            "state         suspended\n"
            "reason        the sink says 410\n"
            "lag           12\n"
            "unsettled     5\n"
            "acknowledged  40\n"
            "failed        3\n"
            "died          1\n"
            "last try      2026-05-01T12:00:00Z  410  Gone\n"
            "\n"
            "READY  PARKED  ACQUIRED  WAITING  ARCHIVING  DEAD\n"
            "    1       2         0        1          0     1\n"
            "\n"
            "PARTITION  START  TOLD  END  UNSETTLED\n"
            "        0     30    45   52          5  full (key)\n"
            "\n"
            "KEY          VALUE\n"
            "maxattempts  10\n"
            "ordering     key\n");
}

TEST(Subscription, SaysThatItsBreakerIsOpen) {
  const auto told = [](const std::string& breaker) {
    const std::string body =
        R"({"config": {"topic": "orders", "startfrom": "latest"}, "status": {"state": "active", "reason": "",
                     "lag": 0, "unsettled": 0, "ready": 0, "parked": 0, "acquired": 0, "waiting": 0, "archiving": 0,
                     "dead": 0, "acknowledged": 0, "failed": 0, "died": 0, "breaker": )" +
        breaker + "}}";
    return shown(views::subscription, body.c_str());
  };
  EXPECT_THAT(told(R"({"state": "closed", "settled": 7, "failed": 1, "wait_ms": 0})"),
              testing::HasSubstr("\nbreaker       closed  (1 of 7 failed)\n"));
  EXPECT_THAT(told(R"({"state": "open", "settled": 100, "failed": 60, "wait_ms": 59001})"),
              testing::HasSubstr("\nbreaker       open, nothing is handed out for 60 s  (60 of 100 failed)\n"));
  EXPECT_THAT(told(R"({"state": "half-open", "settled": 100, "failed": 60, "wait_ms": 0})"),
              testing::HasSubstr("\nbreaker       half-open, one event at a time  (60 of 100 failed)\n"));
}

TEST(Subscriptions, AreARowEach) {
  const auto list = "[" + std::string(subscription) + "]";
  EXPECT_EQ(shown(views::subscriptions, list.c_str()),
            "SUBSCRIPTION  TOPIC   GOES TO                STATE      LAG  UNSETTLED  DEAD\n"
            "s-1           orders  https://sink.example/  suspended   12          5     1\n");
  EXPECT_EQ(views::subscriptions.ids(Json::parse(list)), "s-1\n");
}

constexpr const char* letter_topics =
    R"({"topics": [{"topic": "dlq.g.t", "group": "g", "source": "t", "open": 3, "redriving": 1, "resolved": 9,
                    "discarded": 2, "superseded": 0, "oldest": "2026-05-01T12:00:00Z", "newest": "2026-05-02T12:00:00Z",
                    "reasons": {"max-deliveries": 2, "expired": 1}},
                   {"topic": "dlq.h.t", "group": "h", "source": "t", "open": 1, "redriving": 0, "resolved": 0,
                    "discarded": 0, "superseded": 0, "oldest": null, "newest": null, "reasons": {"expired": 1}}]})";

TEST(DeadLetters, AreCountedByTopicReasonAndState) {
  EXPECT_EQ(shown(views::letter_topics, letter_topics),
            "TOPIC    GROUP  OPEN  REDRIVING  OLDEST                NEWEST                REASONS\n"
            "dlq.g.t  g         3          1  2026-05-01T12:00:00Z  2026-05-02T12:00:00Z  max-deliveries 2, expired 1\n"
            "dlq.h.t  h         1          0  -                     -                     expired 1\n");
  EXPECT_EQ(shown(views::letter_counts, letter_topics),
            "TOPIC    OPEN  REDRIVING  RESOLVED  DISCARDED  SUPERSEDED\n"
            "dlq.g.t     3          1         9          2           0\n"
            "dlq.h.t     1          0         0          0           0\n"
            "all         4          1         9          2           0\n"
            "\n"
            "REASON          LETTERS\n"
            "expired               2\n"
            "max-deliveries        2\n");
  EXPECT_EQ(views::letter_topics.ids(Json::parse(letter_topics)), "dlq.g.t\ndlq.h.t\n");
}

TEST(DeadLetter, IsShownWithItsEventAndNothingThatATerminalObeys) {
  const auto text = shown(
      views::letter,
      R"({"id": "g~t~3~1042~0", "state": "open", "group": "g", "topic": "t", "partition": 3, "offset": 1042, "life": 0,
          "reason": "max-deliveries", "code": 503, "message": "no\u001b[31m", "attempts": 5,
          "first_failure": "2026-05-01T12:00:00Z", "died_at": "2026-05-01T12:03:00Z", "destination": null,
          "place": {"topic": "dlq.g.t", "partition": 3, "offset": 0}, "key": "k",
          "history": [{"group": "g", "reason": "http-status", "count": 5, "first": "2026-05-01T12:00:00Z",
                       "last": "2026-05-01T12:03:00Z"}],
          "event": {"id": "A\u001b"}})");
  EXPECT_THAT(text, HasSubstr("died from    t/3/1042\n"));
  EXPECT_THAT(text, HasSubstr("lies in      dlq.g.t/3/0\n"));
  EXPECT_THAT(text, HasSubstr("g      http-status      5  2026-05-01T12:00:00Z  2026-05-01T12:03:00Z\n"));
  EXPECT_THAT(text, HasSubstr("\n{\n  \"id\": \"A"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

TEST(Redrive, IsShownWithHowFarItIs) {
  const auto* job =
      R"({"id": "r-1", "topic": "dlq.g.t", "to": "group", "state": "failed", "selected": 9, "redriven": 4,
          "resolved": 3, "failed": 1, "created_at": "2026-05-01T12:00:00Z", "finished_at": null,
          "selection": {"limit": 9},
          "why": "the subscription is gone"})";
  EXPECT_THAT(shown(views::redrive_job, job), HasSubstr("why        the subscription is gone\nselected   9\n"));
  const auto list = R"({"redrives": [)" + std::string(job) + "]}";
  EXPECT_THAT(shown(views::redrive_jobs, list.c_str()),
              HasSubstr("r-1  dlq.g.t  group  failed         9         4         3       1  2026-05-01T12:00:00Z\n"));
  EXPECT_EQ(shown(views::selected, R"({"selected": 1})"), "1 letter selected; nothing was changed\n");
  EXPECT_EQ(shown(views::discarded, R"({"discarded": 2})"), "2 letters discarded\n");
}

}  // namespace
}  // namespace millrace::cli
