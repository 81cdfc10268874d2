#include "letter_states.hpp"

#include <gmock/gmock.h>

#include <set>

#include "support/seeded_random.hpp"

namespace millrace::redrive {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr Uuid topic_id() {
  Uuid id;
  constexpr unsigned char bytes[] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
                                     0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};
  for (std::size_t i = 0; i < id.bytes.size(); ++i) id.bytes[i] = static_cast<std::byte>(bytes[i]);
  return id;
}

std::vector<Offset> at(std::initializer_list<std::int64_t> offsets) {
  std::vector<Offset> out;
  for (const auto each : offsets) out.emplace_back(each);
  return out;
}

std::size_t change(LetterStates& states, const std::vector<Offset>& letters, LetterState from, LetterState to) {
  const auto change = states.decide(letters, from, to);
  for (const auto& page : change.pages) states.put(page);
  return change.changed.size();
}

TEST(LetterStates, OnlyThoseInTheStateAreChanged) {
  LetterStates states;
  EXPECT_EQ(change(states, at({1, 300, 5'000}), LetterState::open, LetterState::discarded), 3U);
  EXPECT_EQ(change(states, at({1, 2}), LetterState::open, LetterState::redriving), 1U);
  EXPECT_EQ(states.of(Offset(1)), LetterState::discarded);
  EXPECT_EQ(states.of(Offset(2)), LetterState::redriving);
  EXPECT_EQ(states.of(Offset(3)), LetterState::open);
  EXPECT_EQ(states.of(Offset(1'000'000)), LetterState::open);
  EXPECT_THAT(states.in(LetterState::discarded), ElementsAre(Offset(1), Offset(300), Offset(5'000)));
}

TEST(LetterStates, NothingIsWrittenWhereNothingChanges) {
  LetterStates states;
  EXPECT_THAT(states.decide(at({7}), LetterState::redriving, LetterState::resolved).pages, IsEmpty());
  EXPECT_THAT(states.decide(at({7, 8}), LetterState::open, LetterState::discarded).pages, SizeIs(1));
}

TEST(LetterStates, TheFirstOpenOneIsFoundOverPagesAndGaps) {
  LetterStates states;
  const auto first = [&](std::int64_t start, std::int64_t end) {
    return states.first_open(Offset(start), Offset(end));
  };
  EXPECT_EQ(first(0, 0), std::nullopt);
  EXPECT_EQ(first(7, 8), Offset(7));
  std::vector<Offset> all;
  for (std::int64_t each = 0; each < 600; ++each) all.emplace_back(each);
  (void)change(states, all, LetterState::open, LetterState::resolved);
  EXPECT_EQ(first(0, 600), std::nullopt);
  EXPECT_EQ(first(0, 601), Offset(600));
  EXPECT_EQ(first(5'000, 5'001), Offset(5'000)) << "there is no page";
  (void)change(states, at({300}), LetterState::resolved, LetterState::redriving);
  EXPECT_EQ(first(0, 600), std::nullopt) << "it is not open";
  (void)change(states, at({300}), LetterState::redriving, LetterState::open);
  EXPECT_EQ(first(0, 600), Offset(300));
  EXPECT_EQ(first(301, 600), std::nullopt);
  EXPECT_EQ(first(0, 300), std::nullopt);
}

TEST(LetterStates, TellTheFirstThatIsNotSettled) {
  LetterStates states;
  EXPECT_EQ(states.first_unsettled(Offset(5)), Offset(5));
  for (std::int64_t i = 0; i < 515; ++i) (void)change(states, at({i}), LetterState::open, LetterState::resolved);
  (void)change(states, at({300}), LetterState::resolved, LetterState::open);
  EXPECT_EQ(states.first_unsettled(Offset(0)), Offset(300));
  EXPECT_EQ(states.first_unsettled(Offset(300)), Offset(300));
  EXPECT_EQ(states.first_unsettled(Offset(301)), Offset(515));
  (void)change(states, at({400}), LetterState::resolved, LetterState::redriving);
  EXPECT_EQ(states.first_unsettled(Offset(301)), Offset(400));
  (void)change(states, at({350}), LetterState::resolved, LetterState::revising);
  EXPECT_EQ(states.first_unsettled(Offset(301)), Offset(350)) << "it may be open again";
  states.forget(1);
  EXPECT_EQ(states.first_unsettled(Offset(0)), Offset(256));
}

TEST(LetterStates, CountsOnlyWhatTheTopicStillHas) {
  LetterStates states;
  (void)change(states, at({10, 20, 255, 256, 600}), LetterState::open, LetterState::discarded);
  (void)change(states, at({21}), LetterState::open, LetterState::resolved);
  const auto discarded = static_cast<std::size_t>(LetterState::discarded);
  EXPECT_EQ(states.counts(Offset(0))[discarded], 5U);
  EXPECT_EQ(states.counts(Offset(20))[discarded], 4U);
  EXPECT_EQ(states.counts(Offset(257))[discarded], 1U);
  EXPECT_THAT(states.pages_below(Offset(255)), IsEmpty());
  EXPECT_THAT(states.pages_below(Offset(256)), ElementsAre(0));
  states.forget(0);
  EXPECT_EQ(states.counts(Offset(0))[discarded], 2U);
  EXPECT_EQ(states.of(Offset(21)), LetterState::open);
}

TEST(LetterStates, TheExampleOfTheFormatIsWrittenAndRead) {
  StatePage page{.page = 1};
  page.states[0] = page.states[2] = LetterState::discarded;
  page.states[1] = LetterState::redriving;
  const StateRecord record{{topic_id(), 2}, 1, page};
  const auto bytes = encode(record);
  Bytes key = {std::byte{0}, std::byte{0}};
  append_bytes(key, topic_id().bytes);
  append_be(key, std::int32_t{2});
  append_be(key, std::int64_t{1});
  EXPECT_EQ(bytes.key, key);
  Bytes value(2 + 256 + 1);
  value[2] = value[4] = std::byte{3};
  value[3] = std::byte{1};
  EXPECT_EQ(bytes.value, value);
  EXPECT_EQ(decode(bytes.key, ByteView(*bytes.value)), record);
  EXPECT_EQ(decode(bytes.key, std::nullopt), (StateRecord{{topic_id(), 2}, 1, std::nullopt}));
}

TEST(LetterStates, WhatIsNoRecordIsRefused) {
  StatePage page{.page = 1};
  page.states[0] = LetterState::discarded;
  const auto good = encode({{topic_id(), 2}, 1, page});
  const auto code = [](ByteView key, ByteView value) { return decode(key, value).error().code; };
  Bytes broken = *good.value;
  broken[2] = std::byte{6};
  EXPECT_EQ(code(good.key, broken), Errc::corrupt);
  broken = *good.value;
  broken[1] = std::byte{1};
  EXPECT_EQ(code(good.key, broken), Errc::unsupported);
  broken = *good.value;
  broken.push_back(std::byte{0});
  EXPECT_EQ(code(good.key, broken), Errc::corrupt);
  for (std::size_t size = 0; size < good.value->size(); ++size)
    EXPECT_FALSE(decode(good.key, ByteView(*good.value).first(size))) << size;
  for (std::size_t size = 0; size < good.key.size(); ++size)
    EXPECT_FALSE(decode(ByteView(good.key).first(size), ByteView(*good.value))) << size;
  Bytes key = good.key;
  key[18] = std::byte{0x80};
  EXPECT_EQ(code(key, *good.value), Errc::corrupt) << "a negative partition";
  key = good.key;
  key[1] = std::byte{9};
  EXPECT_EQ(code(key, *good.value), Errc::unsupported);
}

TEST(LetterStates, TagsOfALaterVersionAreReadOver) {
  StatePage page{.page = 0};
  page.states[9] = LetterState::superseded;
  auto bytes = encode({{topic_id(), 0}, 0, page});
  bytes.value->back() = std::byte{1};
  for (const unsigned each : {7U, 2U, 1U, 2U}) bytes.value->push_back(static_cast<std::byte>(each));
  const auto read = decode(bytes.key, ByteView(*bytes.value));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->states, page);
}

/// Whatever is changed: replaying the last record of each key, in any order, gives the same states; and a plain map of
/// every letter agrees.
TEST(LetterStates, ReplayGivesTheSameStates) {
  const std::uint64_t first = support::seed_from_env(1);
  for (std::uint64_t seed = first; seed < first + support::seed_count_from_env(50); ++seed) {
    SCOPED_TRACE("MILLRACE_SEED=" + std::to_string(seed));
    support::SeededRandom chance(seed);
    LetterStates states;
    std::map<std::int64_t, LetterState> model;
    std::map<std::string, StatePage> log;  ///< by the bytes of the key
    for (int step = 0; step < 60; ++step) {
      std::vector<Offset> letters;
      std::set<std::int64_t> chosen;
      for (std::uint64_t i = 0; i < 1 + chance.below(20); ++i) {
        const auto offset = static_cast<std::int64_t>(chance.below(2'000));
        if (chosen.insert(offset).second) letters.emplace_back(offset);
      }
      const auto from = static_cast<LetterState>(chance.below(letter_states));
      const auto to = static_cast<LetterState>(chance.below(letter_states));
      std::size_t expected = 0;
      for (const auto offset : chosen) {
        const auto found = model.find(offset);
        if ((found == model.end() ? LetterState::open : found->second) != from || from == to) continue;
        model[offset] = to;
        ++expected;
      }
      const auto change = states.decide(letters, from, to);
      EXPECT_EQ(change.changed.size(), expected);
      for (const auto& page : change.pages) {
        const auto bytes = encode({{topic_id(), 0}, page.page, page});
        const auto read = decode(bytes.key, bytes.value ? std::optional<ByteView>(*bytes.value) : std::nullopt);
        ASSERT_TRUE(read);
        log[std::string(as_text(bytes.key))] = *read->states;
        states.put(page);
      }
    }
    LetterStates replayed;
    for (const auto& [key, page_read] : log) replayed.put(page_read);
    EXPECT_EQ(replayed, states);
    StateCounts counts{};
    for (const auto& [offset, state] : model) {
      EXPECT_EQ(states.of(Offset(offset)), state);
      if (state != LetterState::open) ++counts[static_cast<std::size_t>(state)];
    }
    EXPECT_EQ(states.counts(Offset(0)), counts);
    if (testing::Test::HasFailure()) return;
  }
}

TEST(LetterNames, APlaceIsWrittenInOneWay) {
  EXPECT_EQ(place_id(3, Offset(1042)), "3~1042");
  EXPECT_EQ(parse_place_id("3~1042"), (std::pair(3, Offset(1042))));
  for (const char* text : {"", "3", "3~", "~1", "03~1", "-1~1", "3~-1", "3~1~2", "3~99999999999999999999", "a~b"})
    EXPECT_FALSE(parse_place_id(text)) << text;
}

TEST(LetterNames, EveryStateHasAName) {
  for (std::size_t i = 0; i < letter_states; ++i) {
    const auto state = static_cast<LetterState>(i);
    EXPECT_EQ(parse_letter_state(name_of(state)), state);
  }
  EXPECT_EQ(name_of(LetterState::superseded), "superseded");
  EXPECT_FALSE(parse_letter_state("all"));
}

}  // namespace
}  // namespace millrace::redrive
