// How letters are found.

#include "millrace/filter/cesql.hpp"
#include "redrive/bench.hpp"

namespace millrace::redrive {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

/// Ten letters: of partition 0 those with even numbers, of type "even", the others of partition 1, of type "odd".
struct Ten : Bench {
  Ten() {
    for (int i = 0; i < 10; ++i) send(i % 2, "e" + std::to_string(i), i % 2 == 0 ? "even" : "odd");
    (void)reject_all();
    settle();
  }
  Lines ids(Selection selection) {
    Lines out;
    for (const auto& each : found(std::move(selection))) out.push_back(short_id(each.id));
    return out;
  }
};

TEST(LetterReading, PagesGoOnWhereTheLastOneEnded) {
  Ten bench;
  Lines all;
  Cursor from;
  std::size_t pages = 0;
  for (; pages < 20; ++pages) {
    const auto page = bench.page(Bench::all_states(), 3, from);
    ASSERT_TRUE(page);
    EXPECT_LE(page->letters.size(), 3U);
    for (const auto& each : page->letters) all.push_back(Bench::short_id(each.id));
    if (!page->next) break;
    from = *page->next;
  }
  EXPECT_EQ(pages, 3U);
  EXPECT_THAT(all,
              ElementsAre("0~0~0", "0~1~0", "0~2~0", "0~3~0", "0~4~0", "1~0~0", "1~1~0", "1~2~0", "1~3~0", "1~4~0"));
}

TEST(LetterReading, TheEventIsAskedAsItDied) {
  Ten bench;
  const auto where = [&](std::string_view text) {
    Selection selection;
    auto filter = filter::parse_cesql(text);
    EXPECT_TRUE(filter);
    selection.where = *filter;
    return bench.ids(std::move(selection));
  };
  EXPECT_THAT(where("id = 'e4'"), ElementsAre("0~2~0"));
  EXPECT_THAT(where("type = 'odd'"), SizeIs(5));
  EXPECT_THAT(where("EXISTS dlreason"), IsEmpty()) << "marks are no part of the event";
}

TEST(LetterReading, ReasonsTimesAndIdsSelect) {
  Ten bench;
  const Timestamp now = bench.world.clock.now().wall;
  Selection selection;
  selection.reasons = {delivery::Reason::rejected};
  EXPECT_THAT(bench.ids(selection), SizeIs(10));
  selection.reasons = {delivery::Reason::expired, delivery::Reason::manual};
  EXPECT_THAT(bench.ids(selection), IsEmpty());
  selection = {};
  selection.until = now;
  EXPECT_THAT(bench.ids(selection), IsEmpty());
  selection.until = now + 1;
  selection.since = now;
  EXPECT_THAT(bench.ids(selection), SizeIs(10));
  selection.since = now + 1;
  EXPECT_THAT(bench.ids(selection), IsEmpty());
  selection = {};
  selection.ids = {"s~orders~1~2~0", "0~3", "s~orders~1~2~1"};
  EXPECT_THAT(bench.ids(selection), ElementsAre("0~3~0", "1~2~0"));
}

TEST(LetterReading, StatesSelect) {
  Ten bench;
  Selection some;
  some.ids = {"0~1", "0~4", "1~3"};
  Answered<Result<std::size_t>> discarded;
  bench.letters->discard(bench.found(some), discarded.callback());
  EXPECT_EQ(discarded.get(), 3U);
  EXPECT_THAT(bench.ids({}), SizeIs(7));
  Selection selection;
  selection.state = LetterState::discarded;
  EXPECT_THAT(bench.ids(selection), ElementsAre("0~1~0", "0~4~0", "1~3~0"));
  selection.state = LetterState::resolved;
  EXPECT_THAT(bench.ids(selection), IsEmpty());
  EXPECT_THAT(bench.ids(Bench::all_states()), SizeIs(10));
  bench.restart();
  EXPECT_THAT(bench.ids({}), SizeIs(7));
}

TEST(LetterReading, OneIsFoundByItsNameAndByItsPlace) {
  Ten bench;
  const auto find = [&](const std::string& id) {
    Answered<Result<Found>> answer;
    bench.letters->find("dlq.s.orders", id, answer.callback());
    const auto found = answer.get();
    return found ? std::string(as_text(*found->original.value)) : std::string(name_of(found.error().code));
  };
  EXPECT_EQ(find("s~orders~1~3~0"), "e7");
  EXPECT_EQ(find("1~3"), "e7");
  const auto none = std::string(name_of(Errc::not_found));
  for (const char* id : {"s~orders~1~3~1", "s~orders~7~3~0", "9~0", "1~99", "1", ""}) EXPECT_EQ(find(id), none) << id;
}

TEST(LetterReading, ATopicThatHoldsNoneIsNotThere) {
  Ten bench;
  EXPECT_EQ(bench.page({}, 10, {}, "orders").error().code, Errc::not_found);
  EXPECT_EQ(bench.page({}, 10, {}, "nowhere").error().code, Errc::not_found);
  EXPECT_EQ(bench.page({}, 10, {}, "__millrace_letters").error().code, Errc::not_found);
}

TEST(LetterReading, LettersOfOthersAreListedOnceTheirTopicIsAdopted) {
  Ten bench;
  EXPECT_EQ(bench.world.create("orders-dlt", 1), "done");
  Bytes partition, offset;
  append_be(partition, std::int32_t{3});
  append_be(offset, std::int64_t{1042});
  const std::vector<record::HeaderView> headers{
      {"kafka_dlt-original-topic", as_bytes("orders")},
      {"kafka_dlt-original-partition", ByteView(partition)},
      {"kafka_dlt-original-offset", ByteView(offset)},
      {"kafka_dlt-original-consumer-group", as_bytes("billing")},
      {"kafka_dlt-exception-fqcn", as_bytes("java.lang.IllegalStateException")},
      {"kafka_dlt-exception-message", as_bytes("no stock")},
  };
  bench.send(0, {.timestamp = 1'000, .key = as_bytes("k"), .value = as_bytes("v"), .headers = headers}, "orders-dlt");
  bench.send(0, {.timestamp = 1'000, .key = std::nullopt, .value = as_bytes("no letter"), .headers = {}}, "orders-dlt");
  EXPECT_FALSE(bench.letters->holds_letters("orders-dlt"));
  const auto adopt = [&](bool is_adopted, const std::string& topic) {
    Answered<Result<void>> answer;
    if (is_adopted) bench.letters->adopt(topic, {}, answer.callback());
    if (!is_adopted) bench.letters->unadopt(topic, answer.callback());
    const auto got = answer.get();
    return got ? std::string("done") : std::string(name_of(got.error().code));
  };
  EXPECT_EQ(adopt(true, "nowhere"), name_of(Errc::not_found));
  EXPECT_EQ(adopt(true, "__consumer_offsets"), name_of(Errc::not_found));
  EXPECT_EQ(adopt(true, "__millrace_letters"), name_of(Errc::invalid));
  EXPECT_EQ(adopt(true, "orders-dlt"), "done");
  bench.restart();
  const auto found = bench.found({}, "orders-dlt");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].id, "0~0");
  EXPECT_EQ(found[0].family, deadletter::Family::spring);
  EXPECT_EQ(found[0].letter.name, (deadletter::LetterName{"billing", "orders", 3, Offset(1042), 0}));
  EXPECT_EQ(found[0].letter.message, "no stock");
  EXPECT_EQ(found[0].exception, "java.lang.IllegalStateException");
  EXPECT_EQ(as_text(*found[0].original.value), "v");
  EXPECT_THAT(bench.redrive(found), ElementsAre("not-open"));
  Answered<Result<std::size_t>> resolved;
  bench.letters->resolve({found[0]}, resolved.callback());
  EXPECT_EQ(resolved.get(), 1U);
  EXPECT_THAT(bench.found({}, "orders-dlt"), IsEmpty());
  EXPECT_EQ(adopt(false, "orders-dlt"), "done");
  EXPECT_EQ(adopt(false, "orders-dlt"), name_of(Errc::not_found));
}

TEST(LetterReading, AnAdoptionSaysWhatLettersOfOthersDoNotSay) {
  Ten bench;
  EXPECT_EQ(bench.world.create("knative-dlq", 1), "done");
  const std::pair<std::string_view, std::string_view> texts[] = {{"ce_specversion", "1.0"},
                                                                 {"ce_id", "a"},
                                                                 {"ce_source", "/shop"},
                                                                 {"ce_type", "t"},
                                                                 {"ce_knativeerrorcode", "500"}};
  std::vector<record::HeaderView> headers;
  for (const auto& [key, value] : texts) headers.push_back({key, as_bytes(value)});
  bench.send(0, {.timestamp = 1'000, .key = std::nullopt, .value = as_bytes("v"), .headers = headers}, "knative-dlq");
  const auto adopt = [&](Letters::Adoption adoption) {
    Answered<Result<void>> answer;
    bench.letters->adopt("knative-dlq", std::move(adoption), answer.callback());
    const auto got = answer.get();
    return got ? std::string("done") : got.error().message;
  };
  EXPECT_THAT(adopt({.group = "quarantine"}), testing::HasSubstr("group: \"quarantine\""));
  EXPECT_THAT(adopt({.source_topic = "no topic"}), testing::HasSubstr("source_topic: \"no topic\""));
  EXPECT_EQ(adopt({.group = "billing", .source_topic = "orders"}), "done");
  bench.restart();
  const auto found = bench.found({}, "knative-dlq");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].family, deadletter::Family::knative);
  EXPECT_EQ(found[0].letter.name.group, "billing");
  EXPECT_EQ(found[0].letter.name.topic, "orders");
  EXPECT_EQ(adopt({}), "done") << "again, without";
  EXPECT_EQ(bench.found({}, "knative-dlq")[0].letter.name.topic, "");
}

TEST(LetterReading, TheSummaryCountsStatesAndReasons) {
  Ten bench;
  Selection some;
  some.ids = {"0~1", "0~4"};
  Answered<Result<std::size_t>> discarded;
  bench.letters->discard(bench.found(some), discarded.callback());
  EXPECT_EQ(discarded.get(), 2U);
  const auto locks = bench.take();
  EXPECT_THAT(locks, IsEmpty());
  some.ids = {"1~0"};
  EXPECT_THAT(bench.redrive(bench.found(some)), ElementsAre("none"));
  Answered<Result<std::vector<Summary>>> answer;
  bench.letters->summarise(answer.callback());
  const auto all = answer.get();
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 1U);
  const Summary& summary = all->front();
  EXPECT_EQ(summary.topic, "dlq.s.orders");
  EXPECT_EQ(summary.group, "s");
  EXPECT_EQ(summary.source, "orders");
  EXPECT_EQ(summary.open, 7U);
  EXPECT_EQ(summary.redriving, 1U);
  EXPECT_EQ(summary.discarded, 2U);
  EXPECT_EQ(summary.looked_at, 10U);
  EXPECT_THAT(summary.reasons, ElementsAre(testing::Pair("rejected", 7U)));
  EXPECT_EQ(summary.oldest, bench.world.clock.now().wall);
}

TEST(LetterReading, FiguresHaveTheStatesAndTheOldestOpenLetter) {
  Ten bench;
  const auto died_at = bench.world.clock.now().wall;
  bench.world.clock.advance(1h);
  const auto state = [](const LetterFigures& figures, LetterState which) {
    return figures.topics.at(0).letters[static_cast<std::size_t>(which)];
  };
  auto figures = bench.letters->figures(10, 1);
  ASSERT_EQ(figures.topics.size(), 1U);
  EXPECT_EQ(figures.topics[0].topic, "dlq.s.orders");
  EXPECT_EQ(state(figures, LetterState::open), 10U);
  EXPECT_EQ(figures.topics[0].oldest_open, died_at);
  EXPECT_EQ(figures.looks_left, 1U) << "the other partition has no turn";
  EXPECT_EQ(bench.letters->figures(10, 1).looks_left, 0U) << "the first one is remembered";
  EXPECT_EQ(figures.written[static_cast<std::size_t>(delivery::Reason::rejected)], 10U);
  EXPECT_EQ(figures.not_written, 0U);
  Answered<Result<std::size_t>> discarded;
  bench.letters->discard(bench.found({}), discarded.callback());
  EXPECT_EQ(discarded.get(), 10U);
  figures = bench.letters->figures(10, 10);
  EXPECT_EQ(state(figures, LetterState::open), 0U);
  EXPECT_EQ(state(figures, LetterState::discarded), 10U);
  EXPECT_EQ(figures.topics[0].oldest_open, no_timestamp);
  EXPECT_EQ(bench.letters->figures(0, 10).topics_left, 1U);
}

TEST(LetterReading, WhatIsGoneFromTheTopicIsNotCounted) {
  Ten bench;
  EXPECT_EQ(bench.world.delete_records("dlq.s.orders-0", 3), "from 3");
  EXPECT_THAT(bench.ids({}), SizeIs(7));
  Answered<Result<std::vector<Summary>>> answer;
  bench.letters->summarise(answer.callback());
  EXPECT_EQ(answer.get()->front().open, 7U);
}

}  // namespace
}  // namespace millrace::redrive
