// The table of docs/push.md, row by row, and what an operator may change of it.

#include "millrace/push/verdict.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "millrace/delivery/policy.hpp"

namespace millrace::push {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr Timestamp now = 946'684'799'000 - 30'000;  ///< half a minute before the end of 1999

Verdict on(unsigned status, const SinkFacts& sink = {}) { return judge({.status = status}, sink, {}, now); }

Overrides overrides(std::string_view retry_on, std::string_view fail_on) {
  Overrides out{.retry_on = Statuses::parse(retry_on).value(), .fail_on = Statuses::parse(fail_on).value()};
  EXPECT_TRUE(check(out).has_value());
  return out;
}

TEST(VerdictTable, Any2xxIsDelivered) {
  for (const unsigned status : {200U, 201U, 202U, 204U, 206U, 299U}) {
    EXPECT_EQ(on(status).fate, Fate::settled) << status;
    EXPECT_EQ(on(status).health, Health::good) << status;
  }
}

TEST(VerdictTable, A3xxIsAPermanentFailureAndNotFollowed) {
  for (const unsigned status : {300U, 301U, 302U, 303U, 304U, 307U, 308U}) {
    const Verdict verdict = on(status);
    EXPECT_EQ(verdict.fate, Fate::rejected) << status;
    EXPECT_EQ(verdict.failure.reason, delivery::Reason::http_status);
    EXPECT_EQ(verdict.failure.code, static_cast<int>(status));
  }
}

TEST(VerdictTable, A4xxThatBlamesTheEventKillsItAtOnce) {
  for (const unsigned status :
       {400U, 402U, 405U, 406U, 411U, 412U, 413U, 414U, 415U, 417U, 421U, 422U, 426U, 451U, 499U}) {
    const Verdict verdict = on(status);
    EXPECT_EQ(verdict.fate, Fate::rejected) << status;
    EXPECT_EQ(verdict.failure.code, static_cast<int>(status));
    EXPECT_EQ(verdict.suspension, Suspension::none);
    EXPECT_EQ(verdict.pause, 0s);
  }
}

TEST(VerdictTable, A404IsPassingForASinkThatWasVerifiedBefore) {
  EXPECT_EQ(on(404).fate, Fate::rejected);
  EXPECT_EQ(on(404, {.was_verified = true}).fate, Fate::failed);
  EXPECT_EQ(on(400, {.was_verified = true}).fate, Fate::rejected) << "and nothing else is";
}

TEST(VerdictTable, A401Or403RefreshesTheTokenOnceAndThenSuspends) {
  for (const unsigned status : {401U, 403U}) {
    const Verdict first = on(status, {.refresh = Refresh::possible});
    EXPECT_TRUE(first.refresh_token);
    EXPECT_EQ(first.suspension, Suspension::none);
    for (const Refresh refresh : {Refresh::done, Refresh::impossible}) {
      const Verdict second = on(status, {.refresh = refresh});
      EXPECT_FALSE(second.refresh_token);
      EXPECT_EQ(second.suspension, Suspension::unauthorized);
      EXPECT_EQ(second.fate, Fate::released) << "the event is not to blame";
    }
    EXPECT_EQ(first.fate, Fate::released);
  }
}

TEST(VerdictTable, A401ForATokenThatHasBeenReplacedIsTriedWithTheNewOne) {
  const Verdict verdict = on(401, {.refresh = Refresh::outdated});
  EXPECT_EQ(verdict.fate, Fate::released);
  EXPECT_FALSE(verdict.refresh_token) << "once is enough";
  EXPECT_EQ(verdict.suspension, Suspension::none);
}

TEST(VerdictTable, A408A409A425AndEach5xxIsTriedAgain) {
  for (const unsigned status : {408U, 409U, 425U, 500U, 501U, 502U, 503U, 504U, 505U, 507U, 599U}) {
    const Verdict verdict = on(status);
    EXPECT_EQ(verdict.fate, Fate::failed) << status;
    EXPECT_EQ(verdict.failure.reason, delivery::Reason::http_status);
    EXPECT_EQ(verdict.failure.code, static_cast<int>(status));
    EXPECT_EQ(verdict.failure.message, "the sink answered " + std::to_string(status));
    EXPECT_EQ(verdict.at_least, 0s) << "back-off alone";
    EXPECT_EQ(verdict.pause, 0s) << "only a 429 stops the sink";
    EXPECT_EQ(verdict.health, Health::bad);
  }
}

TEST(VerdictTable, A429IsTriedAgainAndPausesTheWholeSink) {
  const Verdict verdict = judge({.status = 429, .retry_after = "120"}, {}, {}, now);
  EXPECT_EQ(verdict.fate, Fate::failed);
  EXPECT_EQ(verdict.at_least, 120s);
  EXPECT_EQ(verdict.pause, 120s);
  EXPECT_EQ(verdict.health, Health::unknown) << "a sink that has enough is not ill";
  EXPECT_EQ(on(429).pause, unsaid_pause);
}

TEST(VerdictTable, A410SuspendsAndKeepsTheEvent) {
  EXPECT_EQ(on(410).suspension, Suspension::retired);
  EXPECT_EQ(on(410).fate, Fate::released);
  EXPECT_EQ(name_of(on(410).suspension), "sink-retired");
}

TEST(VerdictTable, NoConnectionNoTlsAndNoAnswerAreTriedAgain) {
  const std::pair<Ending, const char*> endings[] = {{Ending::connect_error, "no connection: it\\nfailed"},
                                                    {Ending::tls_error, "no TLS: it\\nfailed"},
                                                    {Ending::timeout, "no answer in time: it\\nfailed"}};
  for (const auto& [ending, message] : endings) {
    const Verdict verdict = judge({.ending = ending, .cause = "it\nfailed"}, {}, {}, now);
    EXPECT_EQ(verdict.fate, Fate::failed) << message;
    EXPECT_EQ(verdict.failure.reason, delivery::Reason::http_timeout) << message;
    EXPECT_EQ(verdict.failure.code, 0) << message;
    EXPECT_EQ(verdict.failure.message, message);
    EXPECT_EQ(verdict.health, Health::bad) << message;
  }
}

TEST(VerdictTable, AStatusThatIsNoneOfHttpCountsAs500) {
  for (const unsigned status : {0U, 100U, 101U, 199U, 600U, 999U}) {
    EXPECT_EQ(on(status).fate, Fate::failed) << status;
    EXPECT_EQ(on(status).failure.code, static_cast<int>(status)) << status;
    EXPECT_THAT(on(status).failure.message, HasSubstr("no final status"));
  }
}

TEST(RetryAfterOfASink, IsSecondsOrADateAndAtMostADay) {
  const std::pair<const char*, Milliseconds> asked[] = {
      {"5", 5s},       {"Fri, 31 Dec 1999 23:59:59 GMT", 30s}, {"Friday, 31-Dec-99 23:59:59 GMT", 30s},
      {"soon", 0s},    {"Fri Dec 31 23:59:59 1999", 30s},      {"Sun, 06 Nov 1994 08:49:37 GMT", 0s},
      {"999999", 24h}, {"Fri, 31 Dec 2100 23:59:59 GMT", 24h}};
  for (const auto& [text, delay] : asked) {
    EXPECT_EQ(judge({.status = 503, .retry_after = text}, {}, {}, now).at_least, delay) << text;
    EXPECT_LE(delay, delivery::delay_ceiling);
  }
  EXPECT_EQ(judge({.status = 400, .retry_after = "5"}, {}, {}, now).at_least, 0s) << "nothing is tried again";
}

TEST(Overrides, ChangeWhatIsTriedAgain) {
  const auto rules = overrides("404, 422", "503,409");
  EXPECT_EQ(judge({.status = 404}, {}, rules, now).fate, Fate::failed);
  EXPECT_EQ(judge({.status = 422}, {}, rules, now).fate, Fate::failed);
  EXPECT_EQ(judge({.status = 302}, {}, rules, now).fate, Fate::rejected) << "as in the table";
  EXPECT_EQ(judge({.status = 503}, {}, rules, now).fate, Fate::rejected);
  EXPECT_EQ(judge({.status = 409}, {.was_verified = true}, rules, now).fate, Fate::rejected);
  EXPECT_EQ(judge({.status = 500}, {}, rules, now).fate, Fate::failed) << "as in the table";
  EXPECT_EQ(judge({.status = 200}, {}, rules, now).fate, Fate::settled);
}

TEST(Overrides, AStatusCountsBeforeItsClass) {
  EXPECT_EQ(judge({.status = 422}, {}, overrides("4xx", "422"), now).fate, Fate::rejected);
  EXPECT_EQ(judge({.status = 400}, {}, overrides("4xx", "422"), now).fate, Fate::failed);
  EXPECT_EQ(judge({.status = 503}, {}, overrides("503", "5xx"), now).fate, Fate::failed);
  EXPECT_EQ(judge({.status = 500}, {}, overrides("503", "5xx"), now).fate, Fate::rejected);
  EXPECT_EQ(judge({.status = 700}, {}, overrides("", "5xx"), now).fate, Fate::rejected);
}

TEST(Overrides, TakeTheRowsOfTokensTooButNotThatOfRetirement) {
  const auto rules = overrides("401", "403, 4xx");
  EXPECT_EQ(judge({.status = 401}, {}, rules, now).fate, Fate::failed);
  EXPECT_EQ(judge({.status = 410}, {}, rules, now).suspension, Suspension::retired);
  EXPECT_EQ(judge({.status = 410}, {}, overrides("4xx", ""), now).suspension, Suspension::retired);
  EXPECT_EQ(judge({.status = 403}, {.refresh = Refresh::possible}, rules, now).fate, Fate::rejected);
}

TEST(Overrides, MayBeAboutNoAnswer) {
  const auto fate = [](Ending ending, std::string_view fail_on) {
    return judge({.ending = ending}, {}, overrides("", fail_on), now).fate;
  };
  EXPECT_EQ(fate(Ending::timeout, ""), Fate::failed);
  EXPECT_EQ(fate(Ending::timeout, "timeout"), Fate::rejected);
  EXPECT_EQ(fate(Ending::connect_error, "timeout"), Fate::failed);
  EXPECT_EQ(fate(Ending::connect_error, "500, connection"), Fate::rejected);
  EXPECT_EQ(fate(Ending::tls_error, "connection"), Fate::rejected);
  EXPECT_EQ(judge({.ending = Ending::timeout}, {}, overrides("", "timeout"), now).failure.reason,
            delivery::Reason::http_timeout);
}

TEST(Overrides, DoNotKeepASinkFromBeingPaused) {
  const Verdict verdict = judge({.status = 429, .retry_after = "9"}, {}, overrides("", "429"), now);
  EXPECT_EQ(verdict.fate, Fate::rejected);
  EXPECT_EQ(verdict.pause, 9s);
}

TEST(Statuses, AreWhatIsBetween400And599OrAClassOrAWord) {
  EXPECT_TRUE(Statuses::parse("").has_value());
  EXPECT_EQ(Statuses::parse("599,400 ,\t4xx,timeout").value(), Statuses::parse("4xx,timeout,400,599,400").value());
  for (const char* const text :
       {"200",  "2xx", "302",  "3xx", "399",     "410",  "600", "6xx", "4XX",     "xxx",     "40",
        "4040", "-40", "+404", "4x4", "404;405", "404,", ",",   "a",   "Timeout", "timeouts"}) {
    const auto parsed = Statuses::parse(text);
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_EQ(parsed.error().code, Errc::invalid);
  }
  EXPECT_THAT(Statuses::parse("404, 4x4").error().message,
              testing::StartsWith("'4x4' must be a status from 400 to 599, 4xx, 5xx, timeout or connection"));
  EXPECT_EQ(Statuses::parse("410").error().message, "410 suspends the subscription, whatever anybody says");
}

TEST(Statuses, AreNotMoreThanAListMayHave) {
  std::string text = "500";
  for (unsigned status = 501; status < 500 + statuses_max; ++status) text += ',' + std::to_string(status);
  EXPECT_TRUE(Statuses::parse(text).has_value());
  EXPECT_EQ(Statuses::parse(text + ",599").error().code, Errc::too_large);
}

TEST(Overrides, MayNotSayBothOfOneThing) {
  const auto clash = [](std::string_view retry_on, std::string_view fail_on) {
    return !check({.retry_on = Statuses::parse(retry_on).value(), .fail_on = Statuses::parse(fail_on).value()});
  };
  EXPECT_TRUE(clash("404, 503", "400, 503"));
  EXPECT_TRUE(clash("4xx", "4xx"));
  EXPECT_TRUE(clash("timeout", "500,timeout"));
  EXPECT_TRUE(clash("connection", "connection"));
  EXPECT_FALSE(clash("connection", "timeout"));
  EXPECT_FALSE(clash("4xx", "404"));
  EXPECT_FALSE(clash("", ""));
}

}  // namespace
}  // namespace millrace::push
