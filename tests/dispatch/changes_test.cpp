// What the owners of subscriptions ask for, and what is left of it after a start.

#include <set>

#include "dispatch/bench.hpp"

namespace millrace::dispatch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::Not;
using testing::UnorderedElementsAre;

TEST(Dispatcher, ServesWhatItHasTaken) {
  Bench bench;
  bench.send(0, "a");
  const auto id = bench.create(pulled);
  EXPECT_THAT(id, MatchesRegex("[a-z0-9-]{1,64}"));
  EXPECT_NE(bench.create(pulled), id);
  EXPECT_EQ(bench.state(id), "active");
  bench.send(1, "b");
  EXPECT_THAT(bench.received(id), UnorderedElementsAre("0@0", "1@0"));
  EXPECT_NE(bench.document(id), "");
  EXPECT_EQ(bench.dispatcher->list().size(), 2U);
}

TEST(Dispatcher, ADryRunLeavesNothing) {
  Bench bench;
  EXPECT_EQ(bench.create(pulled, true), "");
  EXPECT_FALSE(bench.why);
  EXPECT_THAT(bench.dispatcher->list(), IsEmpty());
  EXPECT_THAT(bench.world.broker->catalog()->documents(broker::DocumentKind::subscription), IsEmpty());
}

TEST(Dispatcher, RefusesWithAllFaults) {
  Bench bench;
  EXPECT_EQ(bench.create(R"({"source":7,"config":{"topic":"orders","maxattempts":"0"}})"), "");
  EXPECT_EQ(bench.why, Refusal::Why::invalid);
  ASSERT_EQ(bench.faults.size(), 2U);
  EXPECT_EQ(bench.faults[0].pointer, "/source");
}

TEST(Dispatcher, RefusesTopicsThatAreNotThere) {
  Bench bench;
  for (const char* const topic : {"nothing", "__millrace_metadata", "__consumer_offsets"}) {
    EXPECT_EQ(bench.create(R"({"config":{"topic":")" + std::string(topic) + R"("}})"), "");
    EXPECT_EQ(bench.why, Refusal::Why::unknown_topic) << topic;
  }
}

TEST(Dispatcher, RefusesProtocolsThatNobodyServes) {
  Bench bench;
  EXPECT_EQ(bench.create(pushed("https://sink.example/")), "");
  EXPECT_EQ(bench.why, Refusal::Why::not_served);
  EXPECT_THAT(bench.message, HasSubstr("HTTP"));
  const auto id = bench.create(pulled);
  EXPECT_FALSE(bench.replace(id, pushed("https://sink.example/")));
  EXPECT_EQ(bench.why, Refusal::Why::not_served);
}

TEST(Dispatcher, RefusesSinksThatTheOperatorDoesNotAllow) {
  Bench bench(true);
  bench.allows_sinks = false;
  EXPECT_EQ(bench.create(pushed("http://10.0.0.1/")), "");
  EXPECT_EQ(bench.why, Refusal::Why::invalid);
  ASSERT_EQ(bench.faults.size(), 1U);
  EXPECT_EQ(bench.faults[0].pointer, "/sink");
  EXPECT_EQ(bench.faults[0].detail, R"(sink is "http://10.0.0.1/": not there)");
  bench.allows_sinks = true;
  const auto id = bench.create(pushed("http://10.0.0.1/"));
  bench.allows_sinks = false;
  EXPECT_FALSE(bench.replace(id, pushed("http://10.0.0.2/")));
  EXPECT_EQ(bench.why, Refusal::Why::invalid);
  EXPECT_EQ(bench.state(id), "active") << "what was taken goes on";
  EXPECT_EQ(bench.create(pulled).empty(), false);
}

TEST(Dispatcher, AStartServesEverythingAgain) {
  Bench bench;
  const auto id = bench.create(pulled);
  bench.send(0, "a");
  bench.send(0, "b");
  auto events = bench.take(id);
  events.resize(1);
  bench.acknowledge(id, events);
  for (const bool crashes : {false, true}) {
    crashes ? bench.crash() : bench.restart();
    EXPECT_EQ(bench.state(id), "active");
    EXPECT_THAT(bench.received(id), ElementsAre("0@1")) << "what was acknowledged stays so";
  }
}

TEST(Dispatcher, AnUpdateChangesWhatIsTakenFromThenOn) {
  Bench bench;
  const auto id = bench.create(pulled);
  EXPECT_TRUE(bench.replace(id, R"({"types":["b"],"config":{"topic":"orders","ordering":"none"}})"));
  bench.send(0, "a");
  bench.send(0, "b");
  EXPECT_THAT(bench.received(id), ElementsAre("0@1"));
  bench.restart();
  bench.send(0, "a");
  bench.send(0, "b");
  EXPECT_THAT(bench.received(id), ElementsAre("0@1", "0@3"));
}

TEST(Dispatcher, AnUpdateHoldsForWhatWasReadAhead) {
  Bench bench;
  const auto id =
      bench.create(R"({"config":{"topic":"orders","startfrom":"earliest","ordering":"none","maxinflight":"1"}})");
  for (const auto* const type : {"a", "b", "a", "b"}) bench.send(0, type);
  const auto first = bench.take(id);
  EXPECT_THAT(bench.lines(first), ElementsAre("0@0"));
  const auto facts = bench.delivery->facts(id).at(0);
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->ready, 3U) << "read ahead by the old filter";
  EXPECT_TRUE(bench.replace(id, R"({"types":["b"],"config":{"topic":"orders","ordering":"none"}})"));
  bench.acknowledge(id, first);
  EXPECT_THAT(bench.received(id), ElementsAre("0@1", "0@3"));
}

TEST(Dispatcher, AnUpdateIsJudged) {
  Bench bench;
  const auto id = bench.create(pulled);
  EXPECT_FALSE(bench.replace("nobody", pulled));
  EXPECT_EQ(bench.why, Refusal::Why::unknown_subscription);
  EXPECT_FALSE(bench.replace(id, R"({"config":{"topic":"others"}})"));
  EXPECT_EQ(bench.why, Refusal::Why::invalid);
  const auto before = bench.document(id);
  EXPECT_TRUE(bench.replace(id, R"({"types":["b"],"config":{"topic":"orders"}})", true));
  EXPECT_EQ(bench.document(id), before);
}

TEST(Dispatcher, WhatIsRemovedIsForgotten) {
  Bench bench;
  const auto id = bench.create(pulled);
  bench.send(0, "a");
  bench.acknowledge(id, bench.take(id));
  bench.world.run_until([&] { return bench.committed(id) == "0:1 1:0"; });
  ASSERT_TRUE(bench.remove(id));
  EXPECT_EQ(bench.state(id), "none");
  EXPECT_EQ(bench.document(id), "");
  EXPECT_EQ(bench.committed(id), "");
  (void)bench.take(id);
  EXPECT_EQ(bench.message, "RESOURCE_NOT_FOUND");
  EXPECT_FALSE(bench.remove(id));
  EXPECT_EQ(bench.why, Refusal::Why::unknown_subscription);
  bench.restart();
  EXPECT_THAT(bench.dispatcher->list(), IsEmpty());
  runtime::Answered<ErrorCode> served;
  bench.delivery->serve({.id = id,
                         .topic = "orders",
                         .policy = std::make_shared<const delivery::Policy>(),
                         .from_start = true,
                         .takes = nullptr},
                        served.callback());
  EXPECT_EQ(served.get(), ErrorCode::none);
  EXPECT_THAT(bench.received(id), ElementsAre("0@0")) << "nothing of it is in the log of deliveries";
}

TEST(Dispatcher, ARemovalThatWasCutShortIsFinishedByTheNextStart) {
  Bench bench;
  const auto id = bench.create(pulled);
  auto document = bench.document(id);
  document.insert(1, R"("removing":true,)");
  runtime::Answered<broker::AlterAnswer> stored;
  bench.world.broker->change_documents({{.kind = broker::DocumentKind::subscription, .id = id, .json = document}},
                                       stored.callback());
  ASSERT_EQ(stored.get().error, ErrorCode::none);
  bench.restart();
  EXPECT_EQ(bench.state(id), "none");
  bench.world.run_until([&] { return bench.document(id).empty(); });
}

TEST(Dispatcher, ADocumentOfAnotherVersionIsKept) {
  Bench bench;
  const std::string strange = R"({"newer":1,"subscription":{"config":{"topic":"orders"},"id":"x"}})";
  runtime::Answered<broker::AlterAnswer> stored;
  bench.world.broker->change_documents({{.kind = broker::DocumentKind::subscription, .id = "x", .json = strange}},
                                       stored.callback());
  ASSERT_EQ(stored.get().error, ErrorCode::none);
  bench.restart();
  EXPECT_EQ(bench.state("x"), "none");
  EXPECT_EQ(bench.document("x"), strange);
}

TEST(Dispatcher, SecretsAreKeptAndNotShown) {
  Bench bench(true);
  const auto id = bench.create(pushed("https://sink.example/", "sesame"));
  ASSERT_NE(id, "") << bench.message;
  EXPECT_THAT(bench.document(id), Not(HasSubstr("sesame")));
  bench.restart();
  const auto view = bench.dispatcher->find(id);
  EXPECT_EQ(std::get<subscriptions::PlainCredential>(*view->subscription->credential).secret, "sesame");
}

TEST(Dispatcher, ACredentialThatCannotBeReadSuspendsUntilItIsSaidAgain) {
  Bench bench(true);
  const auto id = bench.create(pushed("https://sink.example/", "sesame"));
  bench.close();
  ASSERT_TRUE(bench.world.disk->remove_file("secret.key"));
  bench.world.restart();
  bench.runners.clear();
  bench.open();
  EXPECT_EQ(bench.state(id), "suspended credential-unreadable");
  EXPECT_THAT(bench.runners, IsEmpty());
  EXPECT_FALSE(bench.resume(id));
  EXPECT_EQ(bench.why, Refusal::Why::unresumable);
  EXPECT_FALSE(bench.replace(id, R"({"sink":"https://sink.example/","protocol":"HTTP","config":{"topic":"orders"},)"
                                 R"("sinkcredential":{"credentialtype":"PLAIN","identifier":"me"}})"))
      << "there is none to keep";
  EXPECT_TRUE(bench.replace(id, pushed("https://sink.example/", "again")));
  EXPECT_EQ(bench.state(id), "active");
  bench.restart();
  EXPECT_EQ(bench.state(id), "active");
}

TEST(Dispatcher, ThoseThatAreAskedForTogetherAreEachAnsweredForThemselves) {
  constexpr std::size_t count = 100;
  Bench bench;
  std::vector<runtime::Answered<Answered<View>>> answers(count);
  for (std::size_t i = 0; i < count; ++i) {
    const bool is_wrong = i % 10 == 3, is_tried = i % 10 == 7;
    bench.dispatcher->create(is_wrong ? R"({"config":{"topic":"none"}})" : pulled, is_tried, answers[i].callback());
  }
  std::set<std::string> ids;
  for (std::size_t i = 0; i < count; ++i) {
    auto got = answers[i].get();
    if (i % 10 == 3) {
      ASSERT_FALSE(got);
      EXPECT_EQ(got.error().why, Refusal::Why::unknown_topic);
    } else {
      ASSERT_TRUE(got) << got.error().detail;
      EXPECT_EQ(got->subscription->id.empty(), i % 10 == 7) << "one that is only tried has none";
      if (i % 10 != 7) ids.insert(got->subscription->id);
    }
  }
  EXPECT_THAT(ids, testing::SizeIs(80));
  EXPECT_THAT(bench.dispatcher->list(), testing::SizeIs(80));
  bench.send(0, "a");
  bench.crash();
  for (const auto& id : ids) EXPECT_THAT(bench.received(id), testing::ElementsAre("0@0")) << id;
}

TEST(Dispatcher, OfThoseThatAreAskedForTogetherNoneIsServedThatTheLogDoesNotTake) {
  Bench bench;
  std::vector<runtime::Answered<Answered<View>>> answers(20);
  bench.world.fake->fail(1, Errc::io, support::Call::write);
  for (auto& each : answers) bench.dispatcher->create(pulled, false, each.callback());
  std::set<std::string> made;
  for (auto& each : answers) {
    const auto got = each.get();
    if (got) {
      made.insert(got->subscription->id);
    } else {
      EXPECT_EQ(got.error().why, Refusal::Why::unavailable);
    }
  }
  EXPECT_LT(made.size(), answers.size());
  EXPECT_THAT(bench.dispatcher->list(), testing::SizeIs(made.size()));
  for (const auto& id : made) EXPECT_EQ(bench.state(id), "active");
}

TEST(Dispatcher, AfterItsStopChangesAreUnavailable) {
  Bench bench;
  bench.dispatcher->stop();
  EXPECT_EQ(bench.create(pulled), "");
  EXPECT_EQ(bench.why, Refusal::Why::unavailable);
}

TEST(Dispatcher, WhatTheLogDoesNotTakeIsNotServed) {
  Bench bench;
  bench.world.fake->fail(1, Errc::io, support::Call::write);
  EXPECT_EQ(bench.create(pulled), "");
  EXPECT_EQ(bench.why, Refusal::Why::unavailable);
  EXPECT_THAT(bench.dispatcher->list(), IsEmpty());
}

}  // namespace
}  // namespace millrace::dispatch
