// Letters that delivery asks for: written once, to where they belong; and what becomes of them.

#include "redrive/bench.hpp"

namespace millrace::redrive {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::optional<std::string> header_of(const std::vector<std::pair<std::string, std::optional<Bytes>>>& headers,
                                     std::string_view key) {
  std::optional<std::string> found;
  for (const auto& [name, value] : headers)
    if (name == key && value) found = std::string(as_text(*value));
  return found;
}

/// The records of a partition as they are stored.
std::vector<record::OwnedRecord> stored(Bench& bench, const std::string& place) {
  const runtime::Place at(place);
  const auto partition = bench.world.broker->topology()->find(at.topic, at.partition);
  if (!partition) return {};
  const auto slice = bench.world.broker->peek(*partition, Offset(0), limits::MiB);
  return World::records_of(slice).value_or(std::vector<record::OwnedRecord>());
}

TEST(Letters, ADeadEventBecomesALetterOfItsOwnTopic) {
  Bench bench;
  bench.target.destination = "https://billing.example/events";
  bench.serve();
  bench.send(1, "a");
  bench.reject(bench.take(), "no such account");
  bench.settle();
  const auto topic = bench.world.broker->topology()->find("dlq.s.orders");
  ASSERT_TRUE(topic);
  EXPECT_EQ(topic->partitions.size(), 2U);
  EXPECT_EQ(topic->topic->configs.at("errors.deadletterqueue.group.enable"), "true");
  EXPECT_EQ(topic->topic->configs.at("retention.ms"), "-1");
  EXPECT_EQ(topic->topic->configs.at("cleanup.policy"), "delete");
  EXPECT_THAT(stored(bench, "dlq.s.orders-0"), IsEmpty());
  const auto records = stored(bench, "dlq.s.orders-1");
  ASSERT_EQ(records.size(), 1U);
  const auto& letter = records.front();
  EXPECT_EQ(letter.timestamp, 1'700'000'000'000);
  EXPECT_EQ(as_text(*letter.key), "a");
  EXPECT_EQ(as_text(*letter.value), "a");
  const auto header = [&](std::string_view key) { return header_of(letter.headers, key).value_or("none"); };
  EXPECT_EQ(header("trace"), "kept");
  EXPECT_EQ(header("ce_id"), "a");
  EXPECT_EQ(header("ce_dlreason"), "rejected");
  EXPECT_EQ(header("__dlq.errors.topic"), "orders");
  EXPECT_EQ(header("__dlq.errors.partition"), "1");
  EXPECT_EQ(header("__dlq.errors.offset"), "0");
  EXPECT_EQ(header("__dlq.errors.group"), "s");
  EXPECT_EQ(header("__dlq.errors.delivery.count"), "1");
  EXPECT_EQ(header("__dlq.errors.message"), "no such account");
  EXPECT_EQ(header("__dlq.errors.disposition"), "rejected");
  EXPECT_EQ(header("__dlq.errors.millrace.code"), "422");
  EXPECT_EQ(header("__dlq.errors.millrace.destination"), "https://billing.example/events");
  EXPECT_EQ(header("__dlq.errors.millrace.id"), "s~orders~1~0~0");
}

TEST(Letters, ManyThatDieTogetherAreFewBatches) {
  Bench bench;
  for (int i = 0; i < 50; ++i) bench.send(0, "e" + std::to_string(i));
  EXPECT_EQ(bench.reject_all(), 50U);
  bench.settle();
  const auto partition = bench.world.broker->topology()->find("dlq.s.orders", 0);
  std::size_t batches = 0;
  partition->with([&](broker::Partition& each) {
    EXPECT_EQ(each.end(), Offset(50));
    (void)each.log().walk_headers(Offset(0), [&](const record::BatchHeader&) { return ++batches > 0; });
  });
  EXPECT_LE(batches, 2U);
  EXPECT_EQ(bench.lines().size(), 50U);
}

TEST(Letters, AreNotWrittenAgainAfterARestart) {
  Bench bench;
  bench.send(0, "a");
  bench.send(0, "b");
  (void)bench.reject_all();
  bench.settle();
  bench.restart();
  EXPECT_THAT(bench.take(), IsEmpty());
  EXPECT_THAT(bench.lines(), ElementsAre("0~0~0 open", "0~1~0 open"));
}

TEST(Letters, GoWhereTheSubscriptionSaysIfItsOwnerHasAgreed) {
  Bench bench;
  bench.target.dead_letter_topic = "dlq.shared";
  bench.target.compat = deadletter::Compat::knative;
  bench.serve();
  EXPECT_EQ(bench.world.create("dlq.shared", 1, {{"errors.deadletterqueue.group.enable", "true"}}), "done");
  bench.send(1, "a");
  (void)bench.reject_all();
  bench.settle();
  const auto records = stored(bench, "dlq.shared-0");
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(header_of(records[0].headers, "__dlq.errors.millrace.id"), "s~orders~1~0~0");
  EXPECT_EQ(header_of(records[0].headers, "ce_knativeerrorcode"), "422");
}

TEST(Letters, WaitForATopicThatMayNotBeWritten) {
  Bench bench;
  EXPECT_EQ(bench.world.create("dlq.s.orders", 1), "done");
  const auto checked = bench.letters->check("s", "orders", {});
  ASSERT_FALSE(checked);
  EXPECT_THAT(checked.error().message, HasSubstr("errors.deadletterqueue.group.enable=true"));
  bench.policy.backoff.base = bench.policy.backoff.cap = 1s;
  bench.serve();
  bench.send(0, "a");
  (void)bench.reject_all();
  bench.world.run();
  EXPECT_EQ(bench.delivery->facts("s")[0]->archiving, 1U);
  bench.world.run_until([&] { return bench.delivery->facts("s")[0]->unwritten == 1; });
  EXPECT_GE(bench.letters->figures(9, 9).not_written, 1U);
  EXPECT_THAT(stored(bench, "dlq.s.orders-0"), IsEmpty());
  EXPECT_EQ(bench.world.alter("dlq.s.orders", "errors.deadletterqueue.group.enable", "true"), "done");
  EXPECT_TRUE(bench.letters->check("s", "orders", {}));
  bench.world.run_until([&] {
    bench.world.clock.advance(1s);
    return bench.delivery->facts("s")[0]->archiving == 0;
  });
  EXPECT_EQ(bench.delivery->facts("s")[0]->unwritten, 0U);
  EXPECT_THAT(bench.lines(), ElementsAre("0~0~0 open"));
}

TEST(Letters, AreDroppedWhereThePolicySaysSo) {
  Bench bench;
  EXPECT_EQ(bench.world.create("dlq.s.orders", 1), "done");
  bench.policy.on_target_error = delivery::OnTargetError::drop;
  bench.serve();
  bench.send(0, "a");
  (void)bench.reject_all();
  bench.settle();
  EXPECT_EQ(bench.delivery->counts("s").dropped, 1U);
  EXPECT_THAT(stored(bench, "dlq.s.orders-0"), IsEmpty());
}

TEST(Letters, ATopicThatWouldLoseThemIsRefused) {
  Bench bench;
  const broker::ConfigMap opted{{"errors.deadletterqueue.group.enable", "true"}};
  auto configs = opted;
  configs["cleanup.policy"] = "compact";
  EXPECT_EQ(bench.world.create("dlq.compacted", 1, configs), "done");
  configs = opted;
  configs["cloudevents.dedupe.window.ms"] = "1000";
  EXPECT_EQ(bench.world.create("dlq.once", 1, configs), "done");
  const auto why = [&](const std::string& topic) {
    const auto checked = bench.letters->check("s", "orders", {.dead_letter_topic = topic});
    return checked ? std::string() : checked.error().message;
  };
  EXPECT_THAT(why("dlq.compacted"), HasSubstr("cleanup.policy"));
  EXPECT_THAT(why("dlq.once"), HasSubstr("dedupe"));
  EXPECT_THAT(why("orders"), HasSubstr("must begin with 'dlq.'"));
  EXPECT_THAT(why("__millrace_letters"), HasSubstr("__"));
  EXPECT_THAT(why(""), IsEmpty());
  EXPECT_THAT(why("dlq.new"), IsEmpty());
}

TEST(Letters, SayThatTheRecordIsGone) {
  Bench bench;
  bench.send(0, "a");
  bench.send(0, "b");
  const auto locks = bench.take();
  EXPECT_EQ(bench.world.delete_records("orders-0", 1), "from 1");
  bench.reject({locks.front()}, "too late");
  bench.settle();
  const auto found = bench.one();
  EXPECT_EQ(found.original.value, std::nullopt);
  EXPECT_THAT(found.original.headers, IsEmpty());
  EXPECT_THAT(found.letter.message, HasSubstr("gone from its topic"));
  EXPECT_THAT(found.letter.message, HasSubstr("too late"));
}

TEST(Letters, HaveShorterMarksWhereARecordWouldNotFit) {
  Bench bench;
  EXPECT_EQ(bench.world.create("dlq.s.orders", 1,
                               {{"errors.deadletterqueue.group.enable", "true"}, {"max.message.bytes", "1400"}}),
            "done");
  // Chance does not shrink: what fits only without the long message is what is tried here.
  std::string value;
  support::SeededRandom chance(7);
  while (value.size() < 500) value += static_cast<char>(chance.below(256));
  std::string message;
  while (message.size() < 1'000) message += static_cast<char>('!' + chance.below(90));
  bench.send(0, {.timestamp = 1'700'000'000'000, .key = std::nullopt, .value = as_bytes(value), .headers = {}});
  bench.reject(bench.take(), message);
  bench.settle();
  const auto found = bench.one();
  EXPECT_EQ(as_text(*found.original.value), value);
  EXPECT_EQ(found.letter.message, message.substr(0, 64));
}

TEST(Letters, AResolvedLetterIsKnownAsSuch) {
  Bench bench;
  bench.send(0, "a");
  (void)bench.reject_all();
  bench.settle();
  EXPECT_THAT(bench.redrive({bench.one()}), ElementsAre("none"));
  EXPECT_THAT(bench.lines(), ElementsAre("0~0~0 redriving"));
  EXPECT_THAT(bench.redrive({bench.one()}), ElementsAre("not-open"));
  const auto locks = bench.take();
  ASSERT_EQ(locks.size(), 1U);
  bench.acknowledge(locks);
  bench.world.run_until([&] { return !bench.told().empty(); });
  EXPECT_THAT(bench.told(), ElementsAre("0~0~0 resolved"));
  EXPECT_THAT(bench.lines(), ElementsAre("0~0~0 resolved"));
  bench.restart();
  EXPECT_THAT(bench.lines(), ElementsAre("0~0~0 resolved"));
}

TEST(Letters, OneThatDiesAgainIsSupersededByTheNewer) {
  Bench bench;
  bench.send(0, "a");
  (void)bench.reject_all();
  bench.settle();
  EXPECT_THAT(bench.redrive({bench.one()}), ElementsAre("none"));
  EXPECT_EQ(bench.reject_all(), 1U);
  bench.settle();
  EXPECT_THAT(bench.lines(), ElementsAre("0~0~0 superseded", "0~0~1 open"));
  EXPECT_THAT(bench.told(), ElementsAre("0~0~0 superseded"));
  const auto newest = bench.found();
  ASSERT_EQ(newest.size(), 1U);
  EXPECT_THAT(bench.redrive(newest), ElementsAre("none"));
  bench.acknowledge(bench.take());
  bench.wait_for("0~0~1 resolved");
}

TEST(Letters, RedrivenOnesKeepTheirStateOverARestart) {
  Bench bench;
  for (const char* id : {"a", "b", "c"}) bench.send(0, id);
  (void)bench.reject_all();
  bench.settle();
  EXPECT_THAT(bench.redrive(bench.found()), ElementsAre("none", "none", "none"));
  const auto locks = bench.take();
  ASSERT_EQ(locks.size(), 3U);
  bench.acknowledge({locks[0]});
  bench.restart();
  // What was acknowledged is resolved, whether its letter had heard of it or not; the others are delivered again.
  bench.wait_for("0~0~0 resolved");
  EXPECT_EQ(bench.take().size(), 2U);
  EXPECT_EQ(bench.lines()[1], "0~1~0 redriving");
}

TEST(Letters, ArePutBackWhenTheirSubscriptionIsForgotten) {
  Bench bench;
  bench.send(0, "a");
  (void)bench.reject_all();
  bench.settle();
  EXPECT_THAT(bench.redrive({bench.one()}), ElementsAre("none"));
  Answered<ErrorCode> forgotten;
  bench.delivery->forget("s", forgotten.callback());
  EXPECT_EQ(forgotten.get(), ErrorCode::none);
  bench.letters->forget("s");
  bench.wait_for("0~0~0 open");
  EXPECT_THAT(bench.redrive({bench.one()}), ElementsAre("not-served"));
}

TEST(Letters, AnEventWhoseRecordIsGoneHasTheRecordOfItsLetter) {
  Bench bench;
  bench.send(0, "a");
  bench.send(0, "b");
  (void)bench.reject_all();
  bench.settle();
  const auto letters = bench.found();
  ASSERT_EQ(letters.size(), 2U);
  EXPECT_EQ(bench.world.delete_records("orders-0", 2), "from 2");
  EXPECT_THAT(bench.redrive({letters[0]}), ElementsAre("none"));
  const auto home = bench.delivery->home_of("s", 0);
  ASSERT_TRUE(home);
  const auto original = bench.letters->original_of(*home, Offset(0));
  ASSERT_TRUE(original);
  EXPECT_EQ(as_text(*original->value), "a");
  EXPECT_EQ(header_of(original->headers, "trace"), "kept");
  EXPECT_EQ(bench.letters->original_of(*home, Offset(1)), std::nullopt);
  // And so has the letter that it becomes when it dies again.
  EXPECT_EQ(bench.reject_all(), 1U);
  bench.settle();
  Selection newer;
  newer.ids = {"s~orders~0~0~1"};
  const auto again = bench.found(newer);
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].original, letters[0].original);
}

TEST(Letters, ARecordOfATopicThatWasMadeAnewIsNotTheirs) {
  Bench bench;
  bench.send(0, "a");
  (void)bench.reject_all();
  bench.settle();
  const auto letter = bench.one();
  EXPECT_EQ(bench.world.remove("orders"), "done");
  EXPECT_EQ(bench.world.create("orders", 2), "done");
  bench.send(0, "another");
  bench.serve();
  EXPECT_THAT(bench.redrive({letter}), ElementsAre("changed"));
}

TEST(Letters, OneThatIsDiscardedLetsGoOfItsKey) {
  Bench bench;
  bench.hold_back_one();
  Answered<Result<std::size_t>> discarded;
  bench.letters->discard({bench.one()}, discarded.callback());
  EXPECT_EQ(discarded.get(), 1U);
  EXPECT_THAT(bench.lines(), ElementsAre("0~0~0 discarded"));
  EXPECT_EQ(bench.take().size(), 1U);
  EXPECT_THAT(bench.redrive({bench.one()}), ElementsAre("not-open"));
}

/// Puts aside by hand, for the group "audit".
Result<Letters::Rejected> put(Bench& bench, PartitionIndex partition, std::int64_t offset,
                              const std::string& topic = "orders") {
  Answered<Result<Letters::Rejected>> answer;
  bench.letters->write(
      {.group = "audit", .topic = topic, .partition = partition, .offset = Offset(offset), .message = "forged"},
      answer.callback());
  return answer.get();
}

TEST(LettersByHand, AreOneForEachRecord) {
  Bench bench;
  bench.send(1, "a");
  bench.send(1, "b");
  const auto first = put(bench, 1, 0);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->place, (LetterPlace{"dlq.audit.orders", 1, Offset(0)}));
  EXPECT_EQ(first->id, "audit~orders~1~0~0");
  EXPECT_FALSE(first->was_there);
  EXPECT_FALSE(put(bench, 1, 1)->was_there);
  for (const bool restarts : {false, true}) {
    if (restarts) bench.restart();
    const auto again = put(bench, 1, 0);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->place, first->place);
    EXPECT_EQ(again->id, first->id);
    EXPECT_TRUE(again->was_there);
  }
  const auto found = bench.found({}, "dlq.audit.orders");
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].letter.reason, delivery::Reason::manual);
  EXPECT_EQ(found[0].letter.message, "forged");
  EXPECT_EQ(as_text(*found[0].original.value), "a");
}

TEST(LettersByHand, AreOneAlsoWhenManyAskAtOnce) {
  Bench bench;
  bench.send(0, "a");
  bench.send(0, "b");
  (void)put(bench, 0, 1);
  std::vector<Answered<Result<Letters::Rejected>>> answers(10);
  for (auto& answer : answers) {
    bench.letters->write({.group = "audit", .topic = "orders", .partition = 0, .offset = Offset(0)}, answer.callback());
  }
  std::size_t fresh = 0;
  for (auto& answer : answers) {
    const auto got = answer.get();
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_EQ(got->place.offset, Offset(1));
    fresh += got->was_there ? 0 : 1;
  }
  EXPECT_EQ(fresh, 1U);
  EXPECT_EQ(bench.found({}, "dlq.audit.orders").size(), 2U);
}

TEST(LettersByHand, NeedARecord) {
  Bench bench;
  for (const auto* const id : {"a", "b", "c"}) bench.send(1, id);
  EXPECT_EQ(bench.world.delete_records("orders-1", 1), "from 1");
  const auto why = [&](PartitionIndex partition, std::int64_t offset, const std::string& topic = "orders") {
    const auto got = put(bench, partition, offset, topic);
    if (got) return std::string("written");
    EXPECT_EQ(got.error().code, Errc::not_found);
    return got.error().message;
  };
  EXPECT_EQ(why(0, 0, "nothing"), "topic 'nothing' does not exist");
  EXPECT_EQ(why(2, 0), "topic 'orders' has no partition 2");
  EXPECT_EQ(why(-1, 0), "topic 'orders' has no partition -1");
  EXPECT_EQ(why(1, 0), "offset: 0 is before the start of orders-1, 1");
  EXPECT_EQ(why(1, 3), "offset: 3 is not below the end of orders-1, 3");
  EXPECT_EQ(why(1, -1), "offset: -1 is before the start of orders-1, 1");
  EXPECT_EQ(why(1, 1), "written");
  EXPECT_EQ(bench.world.delete_records("orders-1", 3), "from 3");
  EXPECT_EQ(why(1, 1), "written") << "its letter has it";
  EXPECT_EQ(why(1, 2), "offset: 2 is before the start of orders-1, 3");
}

TEST(LettersByHand, AreNotTakenForThoseOfAnotherRecord) {
  Bench bench;
  bench.send(0, "a");
  ASSERT_TRUE(put(bench, 0, 0));
  EXPECT_EQ(bench.world.remove("orders"), "done");
  EXPECT_TRUE(put(bench, 0, 0)->was_there) << "it is all that is left of it";
  EXPECT_EQ(bench.world.create("orders", 2), "done");
  bench.send(0, "another");
  EXPECT_EQ(put(bench, 0, 0).error().code, Errc::exists);
}

TEST(Letters, AnswerAlsoWhenTheyHaveStopped) {
  Bench bench;
  bench.delivery->stop();
  bench.letters->stop();
  EXPECT_EQ(bench.page({}).error().code, Errc::busy);
  Answered<Result<std::size_t>> discarded;
  bench.letters->discard({}, discarded.callback());
  EXPECT_EQ(discarded.get().error().code, Errc::busy);
}

}  // namespace
}  // namespace millrace::redrive
