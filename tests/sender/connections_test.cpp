// Connections: kept, lost, made in turn, refused, and ended with the broker.

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "fixture.hpp"

namespace millrace::sender {
namespace {

using push::Ending;
using testing::HasSubstr;

using ConnectionsTest = SenderTest;

std::vector<subscriptions::Address> addresses(std::initializer_list<const char*> texts) {
  std::vector<subscriptions::Address> all;
  for (const auto* text : texts) all.push_back(*subscriptions::parse_address(text));
  return all;
}

TEST_F(ConnectionsTest, OneCarriesManyRequests) {
  ScriptedSink sink({always("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nyes\r\n0\r\n\r\n")});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(send(url_of(sink)).status, 200U);
  EXPECT_EQ(sink.connections(), 1U);
}

TEST_F(ConnectionsTest, EndsWhereTheSinkSaysSo) {
  ScriptedSink sink({once("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"), always(ok)});
  EXPECT_EQ(send(url_of(sink)).status, 200U);
  EXPECT_EQ(send(url_of(sink)).status, 200U);
  EXPECT_EQ(sink.connections(), 2U);
}

TEST_F(ConnectionsTest, OneThatWasClosedMeanwhileIsReplaced) {
  std::promise<void> closed;
  ScriptedSink sink({[&](Visit& visit) {
                       visit.request();
                       visit.say(ok);
                       visit.close();
                       closed.set_value();
                     },
                     always(ok)});
  EXPECT_EQ(send(url_of(sink)).status, 200U);
  closed.get_future().wait();
  EXPECT_EQ(send(url_of(sink)).status, 200U);
}

TEST_F(ConnectionsTest, OneThatIsClosedByTheNextRequestIsReplacedOnce) {
  const auto close_at_second = [](Visit& visit) {
    visit.request();
    visit.say(ok);
    visit.request();
  };
  const auto close_at_first = [](Visit& visit) { visit.request(); };
  ScriptedSink sink({close_at_second, close_at_second, close_at_first});
  EXPECT_EQ(send(url_of(sink)).status, 200U);
  EXPECT_EQ(send(url_of(sink)).status, 200U) << "a fresh one for the kept one";
  const auto outcome = send(url_of(sink));
  EXPECT_EQ(outcome.ending, Ending::connect_error) << "and no third one for the fresh one";
  EXPECT_EQ(sink.connections(), 3U);
}

TEST_F(ConnectionsTest, AFreshOneThatIsClosedIsNotTriedAgain) {
  ScriptedSink sink({[](Visit& visit) { visit.request(); }, always(ok)});
  EXPECT_EQ(send(url_of(sink)).ending, Ending::connect_error);
  EXPECT_EQ(sink.connections(), 1U);
}

TEST_F(ConnectionsTest, AKeptOneThatBeganToAnswerIsNotTriedAgain) {
  ScriptedSink sink({[](Visit& visit) {
                       visit.request();
                       visit.say(ok);
                       visit.request();
                       visit.say("HTTP/1.1 2");
                     },
                     always(ok)});
  EXPECT_EQ(send(url_of(sink)).status, 200U);
  EXPECT_EQ(send(url_of(sink)).ending, Ending::connect_error);
  EXPECT_EQ(sink.connections(), 1U);
}

TEST_F(ConnectionsTest, WhatNobodyAskedForIsNoAnswerToTheNextRequest) {
  std::promise<void> said;
  ScriptedSink sink({[&](Visit& visit) {
                       visit.request();
                       visit.say(ok);
                       visit.say("HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n");
                       said.set_value();
                       visit.wait_for_end();
                     },
                     always(ok)});
  EXPECT_EQ(send(url_of(sink)).status, 200U);
  said.get_future().wait();
  EXPECT_EQ(send(url_of(sink)).status, 200U);
  EXPECT_EQ(sink.connections(), 2U);
}

TEST_F(ConnectionsTest, AnIdleOneIsClosed) {
  auto hasty = options();
  hasty.idle_time = Milliseconds(10);
  open(hasty);
  std::promise<void> closed;
  ScriptedSink sink({[&](Visit& visit) {
    visit.request();
    visit.say(ok);
    visit.wait_for_end();
    closed.set_value();
  }});
  EXPECT_EQ(send(url_of(sink)).status, 200U);
  EXPECT_EQ(closed.get_future().wait_for(long_enough), std::future_status::ready);
}

TEST_F(ConnectionsTest, NoMoreAreKeptThanTheirBound) {
  auto frugal = options();
  frugal.idle_per_sink = 1;
  open(frugal);
  std::promise<void> both_came;
  std::atomic<int> waiting = 2;
  std::shared_future<void> go = both_came.get_future().share();
  std::promise<void> one_closed;
  std::atomic<bool> is_told = false;
  const auto script = [&](Visit& visit) {
    visit.request();
    if (--waiting == 0) both_came.set_value();
    go.wait();
    visit.say(ok);
    visit.wait_for_end();
    if (!is_told.exchange(true)) one_closed.set_value();
  };
  ScriptedSink sink({script, script});
  auto first = begin(url_of(sink));
  auto second = begin(url_of(sink));
  EXPECT_EQ(first.get().status, 200U);
  EXPECT_EQ(second.get().status, 200U);
  EXPECT_EQ(one_closed.get_future().wait_for(long_enough), std::future_status::ready);
}

TEST_F(ConnectionsTest, AddressesAreTriedInTurnAndOnlyThoseThatAreAllowed) {
  auto several = options();
  several.lookup = [](const std::string&) { return addresses({"10.0.0.1", "127.0.0.2", "127.0.0.1"}); };
  open(several);
  ScriptedSink sink({always(ok)});
  EXPECT_EQ(send(url_of(sink, "many.test")).status, 200U) << "nobody listens on 127.0.0.2";
}

TEST_F(ConnectionsTest, ASinkWithoutAnAddressThatIsAllowedIsRefused) {
  auto strict = options();
  strict.allowed = {};
  strict.lookup = [](const std::string&) { return addresses({"127.0.0.1", "::ffff:10.0.0.1"}); };
  open(strict);
  ScriptedSink sink({always(ok)});
  for (const std::string host : {"127.0.0.1", "[::ffff:7f00:1]", "inside.test"}) {
    const auto outcome = send(url_of(sink, host));
    EXPECT_EQ(outcome.ending, Ending::connect_error) << host;
    EXPECT_THAT(outcome.cause, HasSubstr("loopback")) << host;
  }
  EXPECT_EQ(sink.connections(), 0U);
}

TEST_F(ConnectionsTest, ANameWithoutAnAddressIsRefused) {
  EXPECT_EQ(send("http://nowhere.test/").cause, "the name nowhere.test is not");
  auto empty = options();
  empty.lookup = [](const std::string&) { return addresses({}); };
  open(empty);
  EXPECT_EQ(send("http://empty.test/").cause, "the name empty.test has no address");
}

TEST_F(ConnectionsTest, TheSystemKnowsTheLoopbacksName) {
  auto real = options();
  real.lookup = look_up;
  open(real);
  ScriptedSink sink({always(ok)});
  EXPECT_EQ(send(url_of(sink, "localhost")).status, 200U);
}

TEST_F(ConnectionsTest, WhereNobodyListensThereIsNone) {
  using boost::asio::ip::tcp;
  boost::asio::io_context context;
  // Its port is taken, so that nobody else listens there either.
  const tcp::socket nobody(context, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
  const auto outcome = send("http://127.0.0.1:" + std::to_string(nobody.local_endpoint().port()) + "/");
  EXPECT_EQ(outcome.ending, Ending::connect_error);
  EXPECT_THAT(outcome.cause, HasSubstr("Connection refused"));
}

TEST_F(ConnectionsTest, ANameThatIsNotFoundInTimeIsATimeout) {
  std::promise<void> end;
  auto slow = options();
  slow.lookup = [ended = end.get_future().share()](const std::string&) {
    ended.wait();
    return addresses({"127.0.0.1"});
  };
  open(slow);
  const auto outcome = send("http://slow.test/", {}, told_timeout);
  EXPECT_EQ(outcome.ending, Ending::timeout);
  EXPECT_EQ(outcome.cause, "the name slow.test was not looked up in time");
  end.set_value();
}

TEST_F(ConnectionsTest, TheBrokersEndIsTheEndOfWhatIsUnderWay) {
  std::promise<void> came;
  ScriptedSink sink({[&](Visit& visit) {
    visit.request();
    came.set_value();
    visit.wait_for_end();
  }});
  auto waiting = begin(url_of(sink));
  came.get_future().wait();
  stop();
  ASSERT_EQ(waiting.wait_for(Milliseconds(0)), std::future_status::ready) << "before stop() has ended";
  const auto outcome = waiting.get();
  EXPECT_EQ(outcome.ending, Ending::connect_error);
  EXPECT_EQ(outcome.cause, "the broker stops");
  EXPECT_EQ(send(url_of(sink)).cause, "the broker stops");
}

TEST_F(ConnectionsTest, TheBrokersEndIsTheEndOfALookupsWait) {
  std::promise<void> end;
  std::promise<void> asked;
  auto slow = options();
  slow.lookup = [&asked, ended = end.get_future().share()](const std::string&) {
    asked.set_value();
    ended.wait();
    return addresses({"127.0.0.1"});
  };
  open(slow);
  auto waiting = begin("http://slow.test/");
  asked.get_future().wait();
  stop();
  EXPECT_EQ(waiting.get().cause, "the broker stops");
  end.set_value();
}

TEST_F(ConnectionsTest, WhoIsToldOfAnEndMaySendAgain) {
  ScriptedSink sink({always(ok)});
  const auto url = *subscriptions::read_url(url_of(sink));
  std::promise<unsigned> second;
  sender().send(url, {}, long_enough, [&](const Outcome&) {
    sender().send(url, {}, long_enough, [&](const Outcome& outcome) { second.set_value(outcome.status); });
  });
  EXPECT_EQ(second.get_future().get(), 200U);
}

TEST_F(ConnectionsTest, ABurstOfRequestsEndsWithTheBroker) {
  ScriptedSink sink(std::vector<ScriptedSink::Script>(32, always(ok)));
  std::vector<std::future<Outcome>> all;
  for (int i = 0; i < 32; ++i) all.push_back(begin(url_of(sink)));
  stop();
  for (auto& one : all) {
    const auto outcome = one.get();
    EXPECT_TRUE(outcome.status == 200 || outcome.ending == Ending::connect_error) << outcome.cause;
  }
}

TEST_F(ConnectionsTest, OptionsThatNobodyCanServeAreRefused) {
  runtime::IoThreads threads(1, [](std::string_view) {});
  EXPECT_THAT(Sender::open(threads, {.version = "9", .lookups_max = 0}, nullptr).error().message,
              HasSubstr("lookups_max = 0"));
  EXPECT_THAT(Sender::open(threads, {.version = "9", .ca_file = "/nowhere/ca.pem"}, nullptr).error().message,
              HasSubstr("/nowhere/ca.pem"));
}

}  // namespace
}  // namespace millrace::sender
