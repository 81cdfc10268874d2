// What comes back over a plain connection, from sinks that are sound and from those that are not.

#include "fixture.hpp"

namespace millrace::sender {
namespace {

using push::Ending;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

class AnswersTest : public SenderTest {
 protected:
  Outcome answered_by(const ScriptedSink::Script& script, Milliseconds timeout = long_enough) {
    ScriptedSink sink({script});
    return send(url_of(sink), {.body = "x"}, timeout);
  }
};

TEST_F(AnswersTest, ARequestIsWhatWasAskedForAndTheConnectionsOwnFields) {
  std::promise<std::string> got;
  ScriptedSink sink({[&](Visit& visit) {
    got.set_value(visit.request());
    visit.say("HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\nX-Way: there\r\n\r\nok");
    visit.wait_for_end();
  }});
  const auto outcome =
      send(url_of(sink),
           {.fields = {{"ce-id", "1"}, {"Authorization", "Bearer t"}}, .content_type = "text/plain", .body = "hello"});
  EXPECT_EQ(got.get_future().get(), "POST /in?a=1 HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(sink.port()) +
                                        "\r\nUser-Agent: millrace/9\r\nContent-Type: text/plain\r\n"
                                        "Content-Length: 5\r\nce-id: 1\r\nAuthorization: Bearer t\r\n\r\nhello");
  EXPECT_EQ(outcome.ending, Ending::answered);
  EXPECT_EQ(outcome.status, 202U);
  EXPECT_THAT(outcome.fields, Contains(Pair("X-Way", "there")));
  EXPECT_EQ(outcome.cause, "");
}

TEST_F(AnswersTest, AnAnswerWithoutABodyIsOne) {
  const auto outcome = answered_by(always("HTTP/1.1 204 No Content\r\n\r\n"));
  EXPECT_EQ(outcome.ending, Ending::answered);
  EXPECT_EQ(outcome.status, 204U);
}

TEST_F(AnswersTest, WhatPushJudgesIsTheStatusAndWhenToComeAgain) {
  const auto outcome = answered_by(once("HTTP/1.1 429 Slow\r\nretry-AFTER: 120\r\nContent-Length: 0\r\n\r\n"));
  const auto attempt = attempt_of(outcome);
  EXPECT_EQ(attempt.ending, Ending::answered);
  EXPECT_EQ(attempt.status, 429U);
  EXPECT_EQ(attempt.retry_after, "120");
}

TEST_F(AnswersTest, ARedirectIsAnAnswerThatNobodyFollows) {
  ScriptedSink other({always(ok)});
  const auto outcome =
      answered_by(once("HTTP/1.1 307 Go\r\nLocation: " + url_of(other) + "\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_EQ(outcome.status, 307U);
  EXPECT_EQ(other.connections(), 0U);
}

TEST_F(AnswersTest, InterimAnswersArePassedOver) {
  const auto outcome =
      answered_by(once("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + ok));
  EXPECT_EQ(outcome.status, 200U);
  EXPECT_THAT(outcome.fields, Not(Contains(Pair("Link", testing::_))));
}

TEST_F(AnswersTest, InterimAnswersWithoutEndAreNone) {
  const auto outcome = answered_by([](Visit& visit) {
    visit.request();
    while (visit.say("HTTP/1.1 100 Continue\r\n\r\n")) {
    }
  });
  EXPECT_EQ(outcome.ending, Ending::connect_error);
  EXPECT_THAT(outcome.cause, HasSubstr("longer than 16384 bytes"));
}

TEST_F(AnswersTest, OneThatNeverComesIsATimeout) {
  const auto outcome = answered_by(take_and_wait, told_timeout);
  EXPECT_EQ(outcome.ending, Ending::timeout);
  EXPECT_EQ(outcome.cause, "no whole answer in time");
}

TEST_F(AnswersTest, HalfAHeaderIsNoAnswer) {
  const auto late = answered_by(once("HTTP/1.1 200 OK\r\nContent-Le"), short_timeout);
  EXPECT_EQ(late.ending, Ending::timeout);
  const auto lost = answered_by([](Visit& visit) {
    visit.request();
    visit.say("HTTP/1.1 200 OK\r\nContent-Le");
  });
  EXPECT_EQ(lost.ending, Ending::connect_error);
  EXPECT_THAT(lost.cause, HasSubstr("lost before there was an answer"));
}

TEST_F(AnswersTest, GarbageIsNoAnswer) {
  for (const std::string garbage : {"220 mail.test ESMTP\r\n\r\n", "HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n",
                                    "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
                                    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"}) {
    const auto outcome = answered_by(once(garbage));
    EXPECT_EQ(outcome.ending, Ending::connect_error) << garbage;
    EXPECT_THAT(outcome.cause, HasSubstr("what came is no answer")) << garbage;
  }
}

TEST_F(AnswersTest, AHeaderThatIsTooLongIsNoAnswer) {
  const auto outcome = answered_by([](Visit& visit) {
    visit.request();
    visit.say("HTTP/1.1 200 OK\r\n");
    while (visit.say("X-More: and more\r\n")) {
    }
  });
  EXPECT_EQ(outcome.ending, Ending::connect_error);
  EXPECT_THAT(outcome.cause, HasSubstr("longer than 16384 bytes"));
}

TEST_F(AnswersTest, OfAnEndlessBodyOnlyTheStatusCounts) {
  const auto outcome = answered_by([](Visit& visit) {
    visit.request();
    visit.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    while (visit.say("10\r\n0123456789abcdef\r\n")) {
    }
  });
  EXPECT_EQ(outcome.ending, Ending::answered);
  EXPECT_EQ(outcome.status, 200U);
}

TEST_F(AnswersTest, ABodyThatDoesNotComeCostsItsConnectionAndNotTheStatus) {
  auto quick = options();
  quick.answer_time = short_timeout;
  open(quick);
  ScriptedSink sink({once("HTTP/1.1 500 No\r\nContent-Length: 10\r\n\r\nhalf"), always(ok)});
  EXPECT_EQ(send(url_of(sink)).status, 500U);
  EXPECT_EQ(send(url_of(sink)).status, 200U);
  EXPECT_EQ(sink.connections(), 2U);
}

TEST_F(AnswersTest, ABodyInACodingThatNobodyKnowsHasAStatus) {
  ScriptedSink sink({[](Visit& visit) {
                       visit.request();
                       visit.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: rot13\r\n\r\nuryyb");
                       visit.wait_for_end();
                     },
                     always(ok)});
  EXPECT_EQ(send(url_of(sink)).status, 200U);
  EXPECT_EQ(send(url_of(sink)).status, 200U);
  EXPECT_EQ(sink.connections(), 2U) << "where such a body ends nobody knows";
}

TEST_F(AnswersTest, WhoAnswersBeforeTheWholeRequestIsHeard) {
  ScriptedSink sink({[](Visit& visit) {
    visit.say("HTTP/1.1 413 Too much\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    visit.wait_for_end();
  }});
  EXPECT_EQ(send(url_of(sink), {.body = std::string(8 * limits::MiB, 'x')}).status, 413U);
}

TEST_F(AnswersTest, ARequestThatWouldBecomeTwoIsNotSent) {
  ScriptedSink sink({always(ok)});
  const auto outcome = send(url_of(sink), {.fields = {{"x-a", "secret\r\nx-b: 2"}}});
  EXPECT_EQ(outcome.ending, Ending::connect_error);
  EXPECT_EQ(outcome.cause, "the field x-a has a control character");
  EXPECT_EQ(sink.connections(), 0U);
}

TEST_F(AnswersTest, NoCauseTellsWhatWasSent) {
  for (const std::string answer : {"", "HTTP/1.1", "garbage\r\n\r\n"}) {
    ScriptedSink sink({[&](Visit& visit) {
      visit.request();
      visit.say(answer);
    }});
    const auto outcome = send(url_of(sink), {.fields = {{"Authorization", "Bearer geheim"}}, .body = "intimate"});
    EXPECT_NE(outcome.cause, "");
    EXPECT_THAT(outcome.cause, Not(HasSubstr("geheim")));
    EXPECT_THAT(outcome.cause, Not(HasSubstr("intimate")));
    EXPECT_THAT(outcome.cause, Not(HasSubstr("\n")));
  }
}

}  // namespace
}  // namespace millrace::sender
