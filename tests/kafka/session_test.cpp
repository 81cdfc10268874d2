#include "session.hpp"

#include <thread>

#include "line.hpp"
#include "support/fake_disk.hpp"

namespace millrace::kafka {
namespace {

using namespace std::chrono_literals;
using Whys = std::vector<std::string>;

TEST(Session, AnswersInTheOrderOfRequestsHoweverTheAnswersCome) {
  Line line;
  line.connect();
  line.send(frame("a") + frame("b") + frame("c"));
  EXPECT_EQ(line.waiting(), "a b c");
  line.answer("c", "C.");
  line.answer("b", "B.");
  EXPECT_TRUE(line.nothing_came());
  line.answer("a", "A.");
  EXPECT_EQ(line.receive(6), "A.B.C.");
}

TEST(Session, StepsOverARequestWhoseAnswerIsSilence) {
  Line line;
  line.connect();
  line.send(frame("a") + frame("b"));
  line.answer("b", "B.");
  EXPECT_TRUE(line.nothing_came());
  line.silence("a");
  EXPECT_EQ(line.receive(2), "B.");
  EXPECT_TRUE(line.nothing_came());
}

TEST(Session, TakesAnswersFromOtherThreads) {
  Line line;
  line.connect();
  line.say("a");
  std::thread([reply = line.take("a")]() mutable { reply.send({to_bytes("A."), {}}); }).join();
  EXPECT_EQ(line.receive(2), "A.");
}

TEST(Session, HangsUpWhenAnAnswerIsLost) {
  Line line;
  line.connect();
  line.send(frame("a") + frame("b"));
  line.drop("b");
  EXPECT_EQ(line.closed, Whys{"request could not be answered"});
}

TEST(Session, EndsWithTheReasonThatTheHandlerGives) {
  Line line;
  line.connect();
  line.send(frame("refuse me") + frame("never seen"));
  EXPECT_EQ(line.closed, Whys{"request refused"});
  EXPECT_EQ(line.waiting(), "");
}

TEST(Session, EndsWhenTheHandlerThrows) {
  Line line;
  line.on_request = [](std::string_view request) {
    if (request == "b") throw std::runtime_error("out of something");
  };
  line.connect();
  line.send(frame("a") + frame("b") + frame("c"));
  EXPECT_EQ(line.closed, Whys{"request ended by exception: out of something"});
  EXPECT_EQ(line.waiting(), "a");
}

TEST(Session, EndsAtAFrameThatIsTooLong) {
  Line line;
  line.limits.request_bytes_max = 10;
  line.connect();
  line.send(frame("ten bytes!"));
  EXPECT_EQ(line.closed, Whys{});
  line.send(frame("eleven bytes"));
  EXPECT_EQ(line.closed, Whys{"frame length 12 is beyond request_bytes_max 10"});
}

TEST(Session, SaysWhetherThePeerLeftBetweenFramesOrInOne) {
  Line between;
  between.connect();
  between.client_closes();
  EXPECT_EQ(between.closed, Whys{"peer closed"});
  Line within;
  within.connect();
  within.send(frame("whole").substr(0, 6));
  within.client_closes();
  EXPECT_EQ(within.closed, Whys{"peer closed in the middle of a frame"});
}

TEST(Session, StopsReadingAtTheLimitOfRequestsAndGoesOn) {
  Line line;
  line.limits.in_flight_requests_max = 2;
  line.connect();
  line.send(frame("a") + frame("b") + frame("c") + frame("d") + frame("e"));
  EXPECT_EQ(line.waiting(), "a b");
  line.say("f");
  EXPECT_EQ(line.waiting(), "a b");
  line.answer("b", "B.");
  EXPECT_EQ(line.waiting(), "a") << "b still stands behind a";
  line.answer("a", "A.");
  EXPECT_EQ(line.waiting(), "c d");
  for (const auto* request : {"c", "d", "e", "f"}) line.answer(request, std::string(request) + ".");
  EXPECT_EQ(line.receive(12), "A.B.c.d.e.f.");
}

TEST(Session, StopsReadingAtTheLimitOfBytesButLetsOneLargeRequestPass) {
  Line line;
  line.limits.in_flight_bytes_max = 100;
  line.connect();
  const std::string large(250, 'L');
  line.send(frame(large) + frame("small"));
  EXPECT_EQ(line.waiting(), large);
  line.answer(large, "L.");
  EXPECT_EQ(line.waiting(), "small");
}

TEST(Session, StopsReadingWhileAnswersWaitForAnEarlierOne) {
  Line line;
  line.limits.unsent_bytes_max = 1'000;
  line.connect();
  line.send(frame("a") + frame("b"));
  line.answer("b", std::string(1'000, 'B'));
  line.say("c");
  EXPECT_EQ(line.waiting(), "a");
  line.answer("a", "A.");
  EXPECT_EQ(line.receive(1'002), "A." + std::string(1'000, 'B'));
  line.until([&] { return line.waiting() == "c"; });
}

TEST(Session, StopsReadingWhileThePeerTakesNoAnswers) {
  Line line;
  line.limits.unsent_bytes_max = 1'000;
  line.connect();
  line.say("a");
  const std::string more_than_any_socket_holds(32 * limits::MiB, 'A');
  line.answer("a", more_than_any_socket_holds);
  line.say("b");
  EXPECT_EQ(line.waiting(), "");
  EXPECT_EQ(line.receive(more_than_any_socket_holds.size()).size(), more_than_any_socket_holds.size());
  line.until([&] { return line.waiting() == "b"; });
}

TEST(SessionDeadlines, EndAnIdleConnection) {
  Line line;
  line.limits.idle_timeout = 600s;
  line.connect();
  line.check_deadlines(599s);
  EXPECT_EQ(line.closed, Whys{});
  line.check_deadlines(601s);
  EXPECT_EQ(line.closed, Whys{"idle"});
}

TEST(SessionDeadlines, LeaveAConnectionThatWaitsForUs) {
  Line line;
  line.connect();
  line.say("a");
  line.check_deadlines(10'000s);
  EXPECT_EQ(line.closed, Whys{});
}

TEST(SessionDeadlines, EndAFrameThatDoesNotGetOn) {
  Line line;
  line.limits.stall_timeout = 30s;
  line.connect();
  line.send(frame("begun").substr(0, 5));
  line.check_deadlines(29s);
  EXPECT_EQ(line.closed, Whys{});
  line.check_deadlines(31s);
  EXPECT_EQ(line.closed, Whys{"peer does not finish its request"});
}

TEST(SessionDeadlines, DoNotBlameThePeerForFramesThatWeDoNotRead) {
  Line line;
  line.limits.in_flight_requests_max = 1;
  line.connect();
  line.send(frame("a") + frame("b") + frame("begun").substr(0, 6));
  line.check_deadlines(31s);
  EXPECT_EQ(line.closed, Whys{});
  line.answer("a", "A.");
  line.answer("b", "B.");
  EXPECT_EQ(line.receive(4), "A.B.");
  line.check_deadlines(31s);
  EXPECT_EQ(line.closed, Whys{"peer does not finish its request"});
}

TEST(SessionDeadlines, EndAPeerThatDoesNotTakeItsAnswer) {
  Line line;
  line.limits.stall_timeout = 30s;
  line.connect();
  line.say("a");
  line.answer("a", std::string(32 * limits::MiB, 'A'));
  line.check_deadlines(29s);
  EXPECT_EQ(line.closed, Whys{});
  line.check_deadlines(31s);
  EXPECT_EQ(line.closed, Whys{"peer does not take its answer"});
}

TEST(SessionDrain, EndsAtOnceWhenNothingIsInFlight) {
  Line line;
  line.connect();
  line.session->drain();
  EXPECT_EQ(line.closed, Whys{"drained"});
}

TEST(SessionDrain, AnswersWhatIsInFlightAndTakesNothingNew) {
  Line line;
  line.connect();
  line.send(frame("a") + frame("b"));
  line.session->drain();
  line.say("c");
  EXPECT_EQ(line.waiting(), "a b");
  line.answer("b", "B.");
  EXPECT_EQ(line.closed, Whys{});
  line.answer("a", "A.");
  EXPECT_EQ(line.closed, Whys{"drained"});
  EXPECT_EQ(line.receive(4), "A.B.");
}

TEST(SessionDrain, WaitsUntilALargeAnswerHasLeft) {
  Line line;
  line.connect();
  line.say("a");
  const std::string large(32 * limits::MiB, 'A');
  line.answer("a", large);
  line.session->drain();
  EXPECT_EQ(line.closed, Whys{});
  EXPECT_EQ(line.receive(large.size()).size(), large.size());
  line.until([&] { return !line.closed.empty(); });
  EXPECT_EQ(line.closed, Whys{"drained"});
}

/// Parks the oldest request, as a fetch does, and counts how often it is given up.
void park(Line& line, int& given_up) {
  line.asked.front().reply.closing_hook()([&given_up] { ++given_up; });
}

TEST(SessionClose, GivesUpParkedRequestsOnce) {
  Line line;
  line.connect();
  line.say("a");
  int given_up = 0;
  park(line, given_up);
  line.client_closes();
  line.session->close("again");
  EXPECT_EQ(given_up, 1);
  EXPECT_EQ(line.closed, Whys{"peer closed"});
}

TEST(SessionClose, DoesNotGiveUpWhatWasAnswered) {
  Line line;
  line.connect();
  line.say("a");
  int given_up = 0;
  park(line, given_up);
  line.answer("a", "A.");
  line.session->close("enough");
  EXPECT_EQ(given_up, 0);
}

TEST(SessionClose, GivesUpAtOnceWhatIsParkedAfterwards) {
  Line line;
  line.connect();
  line.say("a");
  line.session->close("enough");
  int given_up = 0;
  park(line, given_up);
  EXPECT_EQ(given_up, 1);
}

TEST(SessionClose, LetsLateAnswersFallAway) {
  Line line;
  line.connect();
  line.send(frame("a") + frame("b") + frame("c"));
  line.client_closes();
  line.answer("c", "C.");
  line.silence("b");
  line.drop("a");
  EXPECT_EQ(line.closed, Whys{"peer closed"});
}

TEST(SessionClose, HoldsNothingForAnAnswerThatIsStillOwed) {
  support::FakeDisk disk;
  const auto file = *disk.open("records", disk::Open::create);
  ASSERT_TRUE(file->write_at(0, as_bytes("records")));
  const auto outgoing = [&] {
    Outgoing answer{.bytes = Bytes(32 * limits::MiB), .attachments = {}};
    runtime::FileRange range;
    range.file = file;
    range.length = 7;
    answer.attachments.push_back({.at = answer.bytes.size(), .range = std::move(range)});
    return answer;
  };
  Line line;
  line.connect();
  line.send(frame("a") + frame("b") + frame("c"));
  line.answer("a", outgoing());  // on its way out
  line.answer("c", outgoing());  // waits for b
  ASSERT_EQ(file.use_count(), 3);
  line.session->close("enough");
  EXPECT_EQ(line.waiting(), "b");
  EXPECT_EQ(file.use_count(), 1);
}

TEST(SessionClose, EndsTheSessionWhenTheLastReplyIsGone) {
  Line line;
  line.connect();
  line.say("a");
  const std::weak_ptr watched = line.session;
  line.session->close("enough");
  line.session.reset();
  line.settle();
  EXPECT_FALSE(watched.expired());
  line.drop("a");
  EXPECT_TRUE(watched.expired());
}

}  // namespace
}  // namespace millrace::kafka
