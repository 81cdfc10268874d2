// The power goes at every write of a story in which letters are edited, once and again. Whatever the disk then has
// lost: each dead event has exactly one letter that is open, and whoever was told that a letter is edited has it
// edited. MILLRACE_SEED=<n> begins with another crash.

#include "redrive/bench.hpp"

namespace millrace::redrive {
namespace {

constexpr int dead_events = 3;

/// Its newest value, if somebody was told of one, and one that may be there.
struct Expected {
  std::string told = "";
  std::string asked = "";
};
using Expectations = std::map<std::int64_t, Expected>;

void edit_all(Bench& bench, const std::string& round, Expectations& expected) {
  Answered<Result<Page>> page;
  bench.letters->list("dlq.s.orders", {}, {}, 100, page.callback());
  const auto got = page.get();
  if (!got) return;
  for (const auto& letter : got->letters) {
    auto& of = expected[letter.letter.name.offset.value()];
    of.asked = round + std::to_string(letter.letter.name.offset.value());
    auto record = letter.original;
    record.value = to_bytes(of.asked);
    Answered<Result<Found>> newer;
    bench.letters->revise(letter, {.original = std::move(record)}, newer.callback());
    if (newer.get()) of.told = of.asked;
  }
}

void check(Bench& bench, const Expectations& expected, const char* when) {
  SCOPED_TRACE(when);
  Selection revising;
  revising.state = LetterState::revising;
  bench.world.run_until([&] { return bench.found(revising).empty(); });
  std::map<std::int64_t, std::vector<std::string>> open;
  std::map<std::string, LetterState> all;
  for (const auto& each : bench.found(Bench::all_states())) {
    const auto id = Bench::short_id(each.id);
    EXPECT_FALSE(all.contains(id)) << id << " is there twice";
    all[id] = each.state;
    if (each.state == LetterState::open)
      open[each.letter.name.offset.value()].emplace_back(as_text(*each.original.value));
  }
  for (std::int64_t event = 0; event < dead_events; ++event) {
    ASSERT_EQ(open[event].size(), 1U) << "event " << event;
    const auto& value = open[event].front();
    const auto found = expected.find(event);
    const auto first = "e" + std::to_string(event);
    if (found == expected.end()) {
      EXPECT_EQ(value, first);
    } else {
      const auto& [told, asked] = found->second;
      EXPECT_TRUE(value == asked || value == (told.empty() ? first : told)) << value;
    }
  }
  for (const auto& [id, state] : all) {
    const auto life = id.rfind('~');
    const auto next = id.substr(0, life + 1) + std::to_string(std::stoi(id.substr(life + 1)) + 1);
    EXPECT_EQ(state == LetterState::superseded, all.contains(next)) << id;
  }
}

TEST(RevisingCrash, EachEventHasOneOpenLetterWheneverThePowerGoes) {
  const std::uint64_t first = support::seed_from_env(1);
  bool went = true;
  for (std::uint64_t call = first; went && call < first + 300; ++call) {
    SCOPED_TRACE("MILLRACE_SEED=" + std::to_string(call));
    Bench bench(call);
    for (int i = 0; i < dead_events; ++i) bench.send(0, "e" + std::to_string(i));
    (void)bench.reject_all();
    bench.settle();
    Expectations expected;
    bench.world.fake->cut_power(call);
    edit_all(bench, "first ", expected);
    edit_all(bench, "second ", expected);
    went = bench.world.fake->power_is_off();
    bench.crash(support::all_crashes[call % std::size(support::all_crashes)], call);
    check(bench, expected, "after the crash");
    edit_all(bench, "third ", expected);
    check(bench, expected, "edited once more");
    for (const auto& [event, of] : expected) EXPECT_EQ(of.told, of.asked);
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_FALSE(went) << "the story is longer than the calls that were tried";
}

}  // namespace
}  // namespace millrace::redrive
