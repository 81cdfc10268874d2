// The power goes at every write of a story in which events die, are redriven, die again and are resolved. Whatever the
// disk then has lost: each dead event has its letter exactly once, no event is lost, and in the end the states of
// letters and what delivery knows agree. MILLRACE_SEED=<n> begins with another crash.

#include "redrive/bench.hpp"

namespace millrace::redrive {
namespace {

constexpr int events = 4;

/// None where their topic was not made yet.
std::vector<Found> letters_of(Bench& bench, Selection selection) {
  if (!bench.world.broker->topology()->find("dlq.s.orders")) return {};
  return bench.found(std::move(selection));
}

/// How often each letter is there.
std::map<std::string, int> count_letters(Bench& bench) {
  std::map<std::string, int> count;
  for (const auto& each : letters_of(bench, Bench::all_states())) ++count[Bench::short_id(each.id)];
  return count;
}

/// Until they are written, or never will be.
void wait_for_letters(Bench& bench) {
  bench.world.run_until([&] {
    if (bench.world.fake->power_is_off()) return true;
    for (const auto& facts : bench.delivery->facts("s"))
      if (facts && facts->archiving > 0) return false;
    return true;
  });
}

/// One round of it; every step may fail.
void tell_story(Bench& bench) {
  bench.reject(bench.take());
  wait_for_letters(bench);
  Answered<Result<Page>> page;
  bench.letters->list("dlq.s.orders", {}, {}, 10, page.callback());
  auto got = page.get();
  if (!got || got->letters.empty()) return;
  got->letters.resize(std::min<std::size_t>(got->letters.size(), 2));
  Answered<Result<std::vector<RedriveError>>> redriven;
  bench.letters->redrive(std::move(got->letters), false, redriven.callback());
  (void)redriven.get();
  const auto again = bench.take();
  if (again.empty()) return;
  Answered<tl::expected<std::vector<runtime::LockAnswer>, ErrorCode>> answer;
  bench.delivery->acknowledge("s", {again.front()}, answer.callback());
  (void)answer.get();
  bench.reject({again.begin() + 1, again.end()});
  wait_for_letters(bench);
}

/// What was under way has its end.
void finish(Bench& bench) {
  bench.world.run_until([&] {
    (void)bench.take();
    bench.world.clock.advance(1s);
    for (const auto& facts : bench.delivery->facts("s"))
      if (!facts || facts->archiving > 0) return false;
    return true;
  });
  bench.delivery->consumer_gone("s", delivery::ConsumerId{1});
}

void check(Bench& bench) {
  finish(bench);
  const auto count = count_letters(bench);
  for (const auto& [id, times] : count) EXPECT_EQ(times, 1) << id << " was written more than once";
  // Every event is still to be delivered, or its newest letter says what became of it.
  for (int i = 0; i < events; ++i) {
    const auto home = bench.delivery->home_of("s", 0);
    ASSERT_TRUE(home);
    const bool is_delivered = bench.delivery->is_unsettled(*home, Offset(i)).value_or(true);
    const bool has_letter = count.contains("0~" + std::to_string(i) + "~0");
    EXPECT_TRUE(is_delivered || has_letter) << "event " << i << " is lost";
  }
  for (const auto& each : letters_of(bench, Bench::all_states())) {
    const auto& name = each.letter.name;
    const bool is_newest =
        !count.contains("0~" + std::to_string(name.offset.value()) + "~" + std::to_string(name.life + 1));
    // A newer letter is written before this one is known as superseded, and asked for again when that was lost.
    EXPECT_EQ(each.state == LetterState::superseded, !is_newest) << each.id;
  }
  // Nothing stays redriving that nobody delivers.
  bench.world.run_until([&] {
    const auto home = bench.delivery->home_of("s", 0);
    Selection selection;
    selection.state = LetterState::redriving;
    for (const auto& each : letters_of(bench, selection))
      if (!bench.delivery->is_unsettled(*home, each.letter.name.offset).value_or(false)) return false;
    return true;
  });
}

TEST(LettersCrash, EachLetterIsThereOnceWheneverThePowerGoes) {
  const std::uint64_t first = support::seed_from_env(1);
  bool went = true;
  for (std::uint64_t call = first; went && call < first + 400; ++call) {
    SCOPED_TRACE("MILLRACE_SEED=" + std::to_string(call));
    Bench bench(call);
    bench.policy.backoff.base = bench.policy.backoff.cap = 1s;
    bench.serve();
    for (int i = 0; i < events; ++i) bench.send(0, "e" + std::to_string(i));
    bench.world.fake->cut_power(call);
    tell_story(bench);
    went = bench.world.fake->power_is_off();
    bench.crash(support::all_crashes[call % std::size(support::all_crashes)], call);
    check(bench);
    // And once more, from wherever it is.
    tell_story(bench);
    check(bench);
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_FALSE(went) << "the story is longer than the calls that were tried";
}

}  // namespace
}  // namespace millrace::redrive
