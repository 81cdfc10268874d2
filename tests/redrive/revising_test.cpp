// One letter in place of another: edited by somebody, or sent elsewhere and not taken there.

#include "redrive/bench.hpp"

namespace millrace::redrive {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Result<Found> revise(Bench& bench, Found letter, Letters::Revision revision) {
  Answered<Result<Found>> answer;
  bench.letters->revise(std::move(letter), std::move(revision), answer.callback());
  return answer.get();
}

Letters::Revision edit(const Found& letter, std::string_view value) {
  auto record = letter.original;
  record.value = to_bytes(value);
  return {.original = std::move(record)};
}

/// An event that is dead.
void bury(Bench& bench, const std::string& id) {
  bench.send(0, id);
  (void)bench.reject_all();
  bench.settle();
}

TEST(Revising, AnEditedLetterTakesThePlaceOfTheOlder) {
  Bench bench;
  bury(bench, "a");
  const auto older = bench.one();
  const auto newer = revise(bench, older, edit(older, "mended"));
  ASSERT_TRUE(newer) << newer.error().message;
  EXPECT_EQ(Bench::short_id(newer->id), "0~0~1");
  EXPECT_THAT(bench.lines(), ElementsAre("0~0~0 superseded", "0~0~1 open"));
  const auto found = bench.found();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(as_text(*found[0].original.value), "mended");
  EXPECT_EQ(found[0].original.key, older.original.key);
  EXPECT_EQ(found[0].original.headers, older.original.headers);
  EXPECT_EQ(found[0].place, newer->place);
  auto facts = found[0].letter;
  EXPECT_GE(facts.edited_at, 0);
  facts.edited_at = no_timestamp;
  facts.name.life = 0;
  EXPECT_EQ(facts, older.letter) << "why it died is as it was";
}

TEST(Revising, KeyAndTimestampStayWhatTheyAre) {
  Bench bench;
  bury(bench, "a");
  const auto older = bench.one();
  auto record = older.original;
  record.key = to_bytes("another");
  record.timestamp = 5;
  const auto newer = revise(bench, older, {.original = record});
  ASSERT_TRUE(newer);
  EXPECT_EQ(newer->original.key, older.original.key);
  EXPECT_EQ(newer->original.timestamp, older.original.timestamp);
}

TEST(Revising, OnlyAnOpenLetterOfOursIsRevised) {
  Bench bench;
  bury(bench, "a");
  const auto older = bench.one();
  ASSERT_TRUE(revise(bench, older, edit(older, "1")));
  const auto again = revise(bench, older, edit(older, "2"));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Errc::exists);
  EXPECT_THAT(again.error().message, HasSubstr("is superseded and not open"));
  auto other = older;
  other.family = deadletter::Family::spring;
  const auto others = revise(bench, other, edit(older, "2"));
  ASSERT_FALSE(others);
  EXPECT_EQ(others.error().code, Errc::unsupported);
  EXPECT_EQ(bench.lines().size(), 2U);
}

TEST(Revising, ALetterThatItsTopicDoesNotTakeLeavesTheOlderOpen) {
  Bench bench;
  bury(bench, "a");
  const auto older = bench.one();
  EXPECT_EQ(bench.world.alter("dlq.s.orders", "max.message.bytes", "2000"), "done");
  std::string noise;
  for (std::uint32_t i = 0, state = 1; i < 4'000; ++i) {
    state = state * 1'664'525 + 1'013'904'223;
    noise += static_cast<char>(state >> 24U);
  }
  const auto newer = revise(bench, older, edit(older, noise));
  ASSERT_FALSE(newer);
  EXPECT_EQ(newer.error().code, Errc::too_large);
  EXPECT_THAT(bench.lines(), ElementsAre("0~0~0 open"));
}

TEST(Revising, TheGroupGetsTheEditedEventAndALaterLetterHasIt) {
  Bench bench;
  bury(bench, "a");
  const auto older = bench.one();
  ASSERT_TRUE(revise(bench, older, edit(older, "mended")));
  EXPECT_FALSE(bench.letters->has_edited());
  EXPECT_THAT(bench.redrive(bench.found()), ElementsAre("none"));
  const auto home = *bench.delivery->home_of("s", 0);
  EXPECT_TRUE(bench.letters->has_edited());
  auto record = bench.letters->edited_of(home, Offset(0));
  ASSERT_TRUE(record);
  EXPECT_EQ(as_text(*record->value), "mended");
  bench.restart();
  record = bench.letters->edited_of(home, Offset(0));
  ASSERT_TRUE(record) << "the next start knows it, too";
  EXPECT_EQ(as_text(*record->value), "mended");
  EXPECT_EQ(bench.reject_all(), 1U);
  bench.settle();
  EXPECT_THAT(bench.lines(), ElementsAre("0~0~0 superseded", "0~0~1 superseded", "0~0~2 open"));
  const auto newest = bench.found();
  ASSERT_EQ(newest.size(), 1U);
  EXPECT_EQ(as_text(*newest[0].original.value), "mended") << "what was delivered is what died";
  EXPECT_GE(newest[0].letter.edited_at, 0);
  bench.world.run_until([&] { return !bench.letters->has_edited(); });
  EXPECT_THAT(bench.redrive(bench.found()), ElementsAre("none"));
  bench.acknowledge(bench.take());
  bench.wait_for("0~0~2 resolved");
  bench.world.run_until([&] { return !bench.letters->has_edited(); });
}

TEST(Revising, AnUneditedEventThatIsRedrivenIsThatOfItsLog) {
  Bench bench;
  bury(bench, "a");
  EXPECT_THAT(bench.redrive(bench.found()), ElementsAre("none"));
  EXPECT_FALSE(bench.letters->edited_of(*bench.delivery->home_of("s", 0), Offset(0)));
}

TEST(Revising, WhatHasArrivedElsewhereLetsGoOfItsKey) {
  Bench bench;
  bench.policy.order = delivery::Order::key;
  bench.serve();
  bench.send(0, "a");
  bench.send(0, "a");
  bench.reject(bench.take());
  bench.settle();
  EXPECT_TRUE(bench.take().empty()) << "the dead one holds back the other";
  Answered<Result<std::size_t>> resolved;
  bench.letters->resolve(bench.found(), resolved.callback());
  EXPECT_EQ(*resolved.get(), 1U);
  bench.world.run_until([&] { return !bench.take().empty(); });
  EXPECT_THAT(bench.lines(), ElementsAre("0~0~0 resolved"));
}

}  // namespace
}  // namespace millrace::redrive
