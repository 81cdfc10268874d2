#include "millrace/log/retention.hpp"

#include "log/log_bench.hpp"

namespace millrace::log {
namespace {

constexpr Timestamp now = 1'000'000;

/// Segments of ten offsets and 100 bytes each, oldest first, with these newest timestamps.
std::vector<SegmentFacts> segments(std::initializer_list<Timestamp> newest) {
  std::vector<SegmentFacts> facts;
  for (const Timestamp timestamp : newest) {
    const Offset base(10 * static_cast<std::int64_t>(facts.size()));
    facts.push_back({.base = base, .next = base + 10, .bytes = 100, .max_timestamp = timestamp});
  }
  return facts;
}

std::size_t by_age(std::initializer_list<Timestamp> newest, std::int64_t ms = 1000) {
  return expendable(segments(newest), {.ms = ms}, Offset(0), Offset(1000), now);
}

std::size_t by_size(std::int64_t bytes) {
  return expendable(segments({0, 0, 0, 0}), {.bytes = bytes, .ms = -1}, Offset(0), Offset(1000), now);
}

TEST(Retention, LetsGoWhatIsOlderThanTheLimit) {
  EXPECT_EQ(by_age({now - 5000, now - 1001, now - 1000, now}), 2U);
  EXPECT_EQ(by_age({now - 5000}, -1), 0U);
}

TEST(Retention, KeepsAnOldSegmentBehindAYoungOne) { EXPECT_EQ(by_age({now - 10, now - 5000}), 0U); }

/// a client's clock that is ahead neither keeps a segment for ever nor lets it go early.
TEST(Retention, LetsATimestampFromTheFutureNeitherBlockNorTrigger) {
  EXPECT_EQ(by_age({now + 50'000}), 0U);
  EXPECT_EQ(by_age({now - 5000, now + 50'000, now - 4000, now}), 3U);
  EXPECT_EQ(by_age({no_timestamp, now - 4000, now}), 2U);
  EXPECT_EQ(by_age({no_timestamp, now - 10}), 0U);
}

TEST(Retention, LetsGoThatWithoutWhichTheRestStillHoldsTheSize) {
  EXPECT_EQ(by_size(-1), 0U);
  EXPECT_EQ(by_size(400), 0U);
  EXPECT_EQ(by_size(301), 0U);
  EXPECT_EQ(by_size(300), 1U);
  EXPECT_EQ(by_size(150), 2U);
  EXPECT_EQ(by_size(0), 4U);
}

TEST(Retention, LetsGoWhatLiesBelowTheLogStartWhateverThePolicy) {
  const Retention never{.bytes = -1, .ms = -1, .delete_enabled = false};
  const auto facts = segments({now, now, now});
  EXPECT_EQ(expendable(facts, never, Offset(9), Offset(1000), now), 0U);
  EXPECT_EQ(expendable(facts, never, Offset(10), Offset(1000), now), 1U);
  EXPECT_EQ(expendable(facts, never, Offset(29), Offset(1000), now), 2U);
}

TEST(Retention, KeepsEverythingFromTheBoundOn) {
  const auto facts = segments({0, 0, 0});
  EXPECT_EQ(expendable(facts, {.ms = 1}, Offset(0), Offset(19), now), 1U);
  EXPECT_EQ(expendable(facts, {.ms = 1}, Offset(0), Offset(20), now), 2U);
}

TEST(Retention, KeepsCompactedLogsThatMayNotDelete) {
  EXPECT_EQ(expendable(segments({0, 0}), {.bytes = 0, .ms = 1, .delete_enabled = false}, Offset(0), Offset(99), now),
            0U);
}

using LogRetire = LogBench;

TEST_F(LogRetire, TakesSegmentsOutAndMovesTheStart) {
  fill_segment();
  fill_segment();
  flush();
  const auto bytes = log->bytes();
  const auto doomed = log->retire({.bytes = 0, .ms = -1}, log->durable_end(), wall);
  ASSERT_TRUE(doomed);
  EXPECT_EQ(doomed->segments, 3U);
  EXPECT_EQ(doomed->bytes, bytes);
  EXPECT_EQ(log->start(), log->end());
  EXPECT_EQ(log->bytes(), 0U);
  ASSERT_TRUE(remove(disk, *doomed));
  EXPECT_EQ(disk.files().size(), 1U) << "only the new active segment is left";
  const auto end = log->end();
  EXPECT_EQ(append("next"), end);
}

TEST_F(LogRetire, NeverTakesWhatIsNotFlushed) {
  fill_segment();
  const auto doomed = log->retire({.bytes = 0}, log->end(), wall);
  ASSERT_TRUE(doomed);
  EXPECT_EQ(doomed->segments, 0U);
}

TEST_F(LogRetire, KeepsWhatSomebodyPointsTo) {
  fill_segment();
  const Offset pointed_to = append("kept");
  fill_segment();
  fill_segment();
  flush();
  log->keep(pointed_to);
  const auto retire = [&] { return log->retire({.bytes = 0, .ms = -1}, log->durable_end(), wall).value().segments; };
  EXPECT_EQ(retire(), 1U);
  EXPECT_LE(log->start(), pointed_to);
  EXPECT_EQ(retire(), 0U);
  EXPECT_NE(read(pointed_to.value()).find(":kept"), std::string::npos);
  log->keep(std::nullopt);
  EXPECT_EQ(retire(), 3U);
}

TEST_F(LogRetire, FreesWhatWasDeletedThoughSomebodyPointsToIt) {
  const Offset pointed_to = append("gone");
  fill_segment();
  fill_segment();
  flush();
  log->keep(pointed_to);
  ASSERT_TRUE(log->advance_start(log->end() - 1));
  const auto doomed = log->retire({.bytes = 0, .ms = -1}, log->durable_end(), wall);
  ASSERT_TRUE(doomed);
  EXPECT_EQ(doomed->segments, 2U) << "of the third one not all is gone";
}

TEST_F(LogRetire, LetsAnIdleLogGrowOld) {
  append("a", 100);
  flush();
  const auto doomed = log->retire({.ms = 1000}, log->durable_end(), 5000);
  ASSERT_TRUE(doomed);
  EXPECT_EQ(doomed->segments, 1U);
  EXPECT_EQ(log->start(), Offset(1));
  known = log->checkpoint();
  crash();
  EXPECT_EQ(log->start(), Offset(1));
  EXPECT_EQ(log->end(), Offset(1));
}

TEST_F(LogRetire, CanBeToldTheStart) {
  append("a b c");
  EXPECT_EQ(log->advance_start(Offset(2)).error().code, Errc::invalid) << "not flushed yet";
  flush();
  ASSERT_TRUE(log->advance_start(Offset(2)));
  ASSERT_TRUE(log->advance_start(Offset(1)));
  EXPECT_EQ(log->start(), Offset(2));
  EXPECT_EQ(log->advance_start(Offset(4)).error().code, Errc::invalid);
}

TEST_F(LogRetire, FreesLargeFilesInSlices) {
  const std::string file = std::string(dir) + "/00000000000000000000.log.deleted";
  disk.set_content(file, Bytes(std::size_t{40} << 20));
  const auto before = disk.calls(support::Call::truncate);
  ASSERT_TRUE(remove(disk, {.files = {file}}));
  EXPECT_EQ(disk.calls(support::Call::truncate) - before, 2U);
  EXPECT_FALSE(disk.content(file));
}

}  // namespace
}  // namespace millrace::log
