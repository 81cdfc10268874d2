#include "fetch_session.hpp"

#include <gtest/gtest.h>

#include <map>

#include "support/seeded_random.hpp"

namespace millrace::kafka {
namespace {

using broker::FetchAnswer;
using Parts = std::vector<runtime::FetchPart>;

TopicPartition place(const std::string& name) {
  const auto dash = name.find('-');
  return {name.substr(0, dash), std::stoi(name.substr(dash + 1))};
}

runtime::FetchPart from(const std::string& name, std::int64_t offset = 0) {
  const auto [topic, partition] = place(name);
  runtime::TopicRef named{.name = topic, .id = std::nullopt};
  return {.topic = std::make_shared<const runtime::TopicRef>(std::move(named)),
          .partition = partition,
          .offset = Offset(offset)};
}

FetchSession::Place named(const std::string& name) {
  const auto part = from(name);
  return {.topic = part.topic, .partition = part.partition};
}

/// A client with a session, and the partitions as they are: "orders-0".
struct Reader {
  std::map<TopicPartition, FetchAnswer> log;
  std::unique_ptr<FetchSession> session;
  std::int32_t epoch = 0;
  std::string asked;  ///< what the session read the last time, with offsets

  FetchAnswer& at(const std::string& name) {
    auto& there = log[place(name)];
    if (there.high_watermark == no_offset && there.error == ErrorCode::none) {
      there.high_watermark = there.log_start_offset = Offset(0);
    }
    return there;
  }
  void append(const std::string& name, std::size_t bytes) {
    at(name).high_watermark = at(name).high_watermark + 1;
    at(name).slice.length = bytes;
  }
  [[nodiscard]] std::vector<FetchAnswer> read(const Parts& parts) {
    std::vector<FetchAnswer> answers;
    asked.clear();
    for (const auto& part : parts) {
      const auto name = part.topic->name + "-" + std::to_string(part.partition);
      asked += (asked.empty() ? "" : " ") + name + "@" + std::to_string(part.offset.value());
      answers.push_back(at(name));
    }
    return answers;
  }
  void open(const Parts& parts) {
    const auto answers = read(parts);
    session = std::make_unique<FetchSession>(false, parts, answers);
  }
  /// The names in the answer, or the error.
  std::string fetch(const Parts& changed = {}, const std::vector<std::string>& forgotten = {}) {
    std::vector<FetchSession::Place> places;
    for (const auto& name : forgotten) places.push_back(named(name));
    if (session->advance(++epoch, false, changed, places) != ErrorCode::none) return "refused";
    const auto answers = read(session->parts());
    const auto news = session->news(epoch, answers);
    if (!news) return "overtaken";
    std::string out;
    for (const auto& [at, answer] : *news) {
      out += (out.empty() ? "" : " ") + at.topic->name + "-" + std::to_string(at.partition);
    }
    return out;
  }
};

TEST(FetchSession, AnIncrementThatChangesNothingReadsAllAndTellsNothing) {
  Reader reader;
  reader.open({from("a-0", 5), from("a-1"), from("b-0", 7)});
  EXPECT_EQ(reader.fetch(), "");
  EXPECT_EQ(reader.asked, "a-0@5 a-1@0 b-0@7");
}

TEST(FetchSession, APartitionWithRecordsIsNewsEachTime) {
  Reader reader;
  reader.open({from("a-0"), from("a-1")});
  reader.append("a-1", 100);
  EXPECT_EQ(reader.fetch(), "a-1");
  EXPECT_EQ(reader.fetch(), "a-1");  // not read on: the records are still to be had
  reader.at("a-1").slice.length = 0;
  EXPECT_EQ(reader.fetch({from("a-1", 1)}), "");
}

TEST(FetchSession, AHighWatermarkThatMovedIsNewsOnce) {
  Reader reader;
  reader.open({from("a-0"), from("a-1")});
  reader.at("a-0").high_watermark = Offset(9);
  EXPECT_EQ(reader.fetch(), "a-0");
  EXPECT_EQ(reader.fetch(), "");
}

TEST(FetchSession, ALogStartThatMovedIsNewsOnce) {
  Reader reader;
  reader.open({from("a-0"), from("a-1")});
  reader.at("a-1").log_start_offset = Offset(3);
  EXPECT_EQ(reader.fetch(), "a-1");
  EXPECT_EQ(reader.fetch(), "");
}

TEST(FetchSession, AnErrorIsToldUntilItIsGoneAndThenOnceMore) {
  Reader reader;
  reader.open({from("a-0")});
  reader.at("a-0").error = ErrorCode::offset_out_of_range;
  EXPECT_EQ(reader.fetch(), "a-0");
  EXPECT_EQ(reader.fetch(), "a-0");
  reader.at("a-0").error = ErrorCode::none;
  EXPECT_EQ(reader.fetch(), "a-0");
  EXPECT_EQ(reader.fetch(), "");
}

TEST(FetchSession, AnErrorThatTheFullFetchWasToldIsToldAgain) {
  Reader reader;
  reader.log[place("a-0")].error = ErrorCode::unknown_topic_or_partition;
  reader.open({from("a-0")});
  EXPECT_EQ(reader.fetch(), "a-0");
}

TEST(FetchSession, AnotherHistoryThanTheReadersIsAlwaysNews) {
  Reader reader;
  reader.open({from("a-0"), from("a-1")});
  reader.at("a-0").diverging = broker::EpochEnd{.epoch = 2, .end_offset = Offset(7)};
  EXPECT_EQ(reader.fetch(), "a-0");
  EXPECT_EQ(reader.fetch(), "a-0");
}

TEST(FetchSession, APartitionThatIsAddedIsNews) {
  Reader reader;
  reader.open({from("a-0")});
  EXPECT_EQ(reader.fetch({from("b-0", 4)}), "b-0");
  EXPECT_EQ(reader.asked, "a-0@0 b-0@4");
  EXPECT_EQ(reader.fetch(), "");
}

TEST(FetchSession, APartitionThatIsNamedAgainIsReadAsTheLastWordSays) {
  Reader reader;
  reader.open({from("a-0"), from("a-0", 3), from("a-1")});
  EXPECT_EQ(reader.fetch(), "");
  EXPECT_EQ(reader.asked, "a-0@3 a-1@0");
  auto other = from("a-0", 8);
  other.max_bytes = 77;
  other.current_leader_epoch = 4;
  other.last_fetched_epoch = 3;
  ASSERT_EQ(reader.fetch({from("a-0", 6), other}), "");
  const auto parts = reader.session->parts();
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(parts[0].offset, Offset(8));
  EXPECT_EQ(parts[0].max_bytes, 77);
  EXPECT_EQ(parts[0].current_leader_epoch, 4);
  EXPECT_EQ(parts[0].last_fetched_epoch, 3);
}

TEST(FetchSession, AForgottenPartitionIsReadNoMore) {
  Reader reader;
  reader.open({from("a-0"), from("a-1"), from("b-0")});
  EXPECT_EQ(reader.fetch({}, {"a-1", "a-7", "nowhere-0"}), "");
  EXPECT_EQ(reader.asked, "a-0@0 b-0@0");
  EXPECT_EQ(reader.fetch({from("a-1")}), "a-1");  // new again, though nothing changed in it
}

TEST(FetchSession, WhatOneRequestWantsAndForgetsIsForgotten) {
  Reader reader;
  reader.open({from("a-0")});
  EXPECT_EQ(reader.fetch({from("b-0")}, {"b-0", "a-0"}), "");
  EXPECT_EQ(reader.session->size().partitions, 0U);
  EXPECT_EQ(reader.session->size().bytes, 0U);
}

TEST(FetchSession, WhoGaveRecordsComesLastInTheNextFetch) {
  Reader reader;
  reader.open({from("a-0"), from("a-1"), from("a-2")});
  reader.append("a-0", 10);
  reader.append("a-1", 10);
  EXPECT_EQ(reader.fetch(), "a-0 a-1");
  EXPECT_EQ(reader.asked, "a-0@0 a-1@0 a-2@0");
  reader.at("a-1").slice.length = 0;
  EXPECT_EQ(reader.fetch(), "a-0");
  EXPECT_EQ(reader.asked, "a-2@0 a-0@0 a-1@0");
  EXPECT_EQ(reader.fetch(), "a-0");
  EXPECT_EQ(reader.asked, "a-2@0 a-1@0 a-0@0");
}

TEST(FetchSession, OnlyTheNextEpochGoesOn) {
  Reader reader;
  reader.open({from("a-0")});
  const auto sent = [&](std::int32_t epoch, const Parts& changed = {}) {
    return reader.session->advance(epoch, false, changed, {});
  };
  EXPECT_EQ(sent(2), ErrorCode::invalid_fetch_session_epoch);
  EXPECT_EQ(sent(-2), ErrorCode::invalid_fetch_session_epoch);
  EXPECT_EQ(sent(2, {from("b-0")}), ErrorCode::invalid_fetch_session_epoch);
  EXPECT_EQ(reader.session->size().partitions, 1U);  // what was refused changed nothing
  EXPECT_EQ(sent(1), ErrorCode::none);
  EXPECT_EQ(sent(1), ErrorCode::invalid_fetch_session_epoch);
  EXPECT_EQ(sent(3), ErrorCode::invalid_fetch_session_epoch);
  EXPECT_EQ(sent(2), ErrorCode::none);
}

runtime::FetchPart of_id(std::uint64_t topic, PartitionIndex partition) {
  runtime::TopicRef named{.name = {}, .id = Uuid::from_random(topic, topic)};
  return {.topic = std::make_shared<const runtime::TopicRef>(std::move(named)), .partition = partition, .offset = {}};
}

TEST(FetchSession, TopicsGoByIdOrByNameToItsEnd) {
  const Parts ids{of_id(1, 0)};
  const Parts names{from("a-0")};
  const std::vector<FetchAnswer> answers(1);
  FetchSession by_id(true, ids, answers);
  FetchSession by_name(false, names, answers);
  EXPECT_EQ(by_id.advance(1, false, names, {}), ErrorCode::fetch_session_topic_id_error);
  EXPECT_EQ(by_name.advance(1, true, ids, {}), ErrorCode::fetch_session_topic_id_error);
  EXPECT_EQ(by_id.advance(2, false, names, {}),
            ErrorCode::invalid_fetch_session_epoch);  // as in Kafka, the epoch first
  EXPECT_EQ(by_id.size().partitions, 1U);
  EXPECT_EQ(by_id.advance(1, true, {}, {}), ErrorCode::none);  // what was refused changed nothing
  EXPECT_EQ(by_name.advance(1, false, {}, {}), ErrorCode::none);
}

TEST(FetchSession, TheSameIdAndPartitionAreOnePartition) {
  const Parts asked{of_id(1, 0), of_id(1, 1), of_id(2, 0)};
  FetchSession session(true, asked, std::vector<FetchAnswer>(3));
  EXPECT_EQ(session.advance(1, true, Parts{of_id(2, 0), of_id(3, 0)}, {}), ErrorCode::none);
  EXPECT_EQ(session.size().partitions, 4U);
  const auto gone = of_id(1, 1);
  const std::vector<FetchSession::Place> forgotten{{.topic = gone.topic, .partition = gone.partition}};
  EXPECT_EQ(session.advance(2, true, {}, forgotten), ErrorCode::none);
  EXPECT_EQ(session.size().partitions, 3U);
}

TEST(FetchSession, OneComesAfterTheLargestEpoch) {
  EXPECT_EQ(fetch_epoch::after(INT32_MAX - 1), INT32_MAX);
  EXPECT_EQ(fetch_epoch::after(INT32_MAX), 1);
}

TEST(FetchSession, AnAnswerThatTheNextFetchOvertookSaysSo) {
  Reader reader;
  reader.open({from("a-0")});
  ASSERT_EQ(reader.session->advance(1, false, {}, {}), ErrorCode::none);
  const auto answers = reader.read(reader.session->parts());
  ASSERT_EQ(reader.session->advance(2, false, Parts{from("b-0")}, {}), ErrorCode::none);
  EXPECT_FALSE(reader.session->news(1, answers).has_value());
}

// Against the rule of KIP-227 in its simplest form: what the client puts together from increments is what full fetches
// would have told it.
TEST(FetchSession, IncrementsTellWhatFullFetchesWould) {
  support::SeededRandom random(support::seed_from_env());
  Reader reader;
  const std::vector<std::string> names{"a-0", "a-1", "b-0", "b-1", "c-0"};
  reader.open({from("a-0"), from("a-1")});
  std::map<TopicPartition, FetchAnswer> seen;
  for (const auto* name : {"a-0", "a-1"}) seen[place(name)] = reader.at(name);
  for (int round = 0; round < 2'000; ++round) {
    const auto& name = names[random.below(names.size())];
    auto& there = reader.at(name);
    there.slice.length = random.chance(20) ? 10 : 0;
    there.error = random.chance(10) ? ErrorCode::kafka_storage_error : ErrorCode::none;
    if (random.chance(30)) there.high_watermark = there.high_watermark + 1;
    if (random.chance(10)) there.log_start_offset = there.high_watermark;
    const auto& wanted = names[random.below(names.size())];
    const auto& unwanted = names[random.below(names.size())];
    const bool adds = random.chance(30);
    const bool forgets = random.chance(20);
    std::vector<FetchSession::Place> forgotten;
    if (forgets) forgotten.push_back(named(unwanted));
    ASSERT_EQ(reader.session->advance(++reader.epoch, false, adds ? Parts{from(wanted)} : Parts{}, forgotten),
              ErrorCode::none);
    if (forgets) seen.erase(place(unwanted));
    const auto parts = reader.session->parts();
    const auto answers = reader.read(parts);
    const auto news = reader.session->news(reader.epoch, answers);
    ASSERT_TRUE(news.has_value());
    for (const auto& each : *news) seen[{each.place.topic->name, each.place.partition}] = answers[each.answer];
    ASSERT_EQ(seen.size(), parts.size()) << "round " << round;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const auto& known = seen.at({parts[i].topic->name, parts[i].partition});
      ASSERT_EQ(known.error, answers[i].error) << "round " << round;
      ASSERT_EQ(known.high_watermark, answers[i].high_watermark) << "round " << round;
      ASSERT_EQ(known.log_start_offset, answers[i].log_start_offset) << "round " << round;
    }
  }
}

}  // namespace
}  // namespace millrace::kafka
