#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/partition_language.hpp"

namespace millrace::broker {
namespace {

using testing::HasSubstr;

constexpr std::string_view snapshot_file = "orders-0/producer.snapshot";

/// Producers in every state: remembered, wrapped, fenced, in a transaction, after one.
void fill(Bench& bench) {
  bench.send("7/0 0-2");
  for (int i = 0; i < 7; ++i) bench.send("8/2 " + std::to_string(i) + "-" + std::to_string(i));
  bench.send("9/0 2147483647-1");
  bench.plain(3);
  bench.send("5/0 0-0 t");
  bench.send("6/0 0-1 t");
  bench.decide(6, Marker::abort, 0, 4);
  bench.send("6/0 2-2 t");
}

/// Answers of a partition to questions that between them touch everything that producers know.
std::vector<std::string> answers(Bench& bench) {
  std::vector<std::string> all;
  for (const auto* line : {"7/0 0-2", "7/0 1-2", "8/2 1-1", "8/2 2-2", "8/2 6-6", "8/1 7-7", "9/0 2147483647-1",
                           "5/0 1-1", "6/0 0-1 t", "6/0 2-2 t"}) {
    all.push_back(bench.send(line));
  }
  all.push_back(bench.decide(6, Marker::abort, 0, 3));
  all.push_back(std::to_string(bench.partition->last_stable_offset().value()));
  all.push_back(bench.aborted(Bench::committed_from(0)));
  all.push_back(bench.send("7/0 3-3"));
  all.push_back(bench.send("9/0 2-2"));
  return all;
}

std::vector<std::string> answers_without_a_restart() {
  Bench bench;
  fill(bench);
  bench.flush();
  return answers(bench);
}

TEST(ProducerRecovery, R30ARetryAfterACrashGetsTheFirstOffset) {
  Bench bench;
  bench.plain(4);
  bench.send("7/0 0-2");
  bench.flush();
  bench.crash();
  EXPECT_EQ(bench.send("7/0 0-2"), "again at 4");
  EXPECT_EQ(bench.partition->end(), Offset(7));
}

TEST(ProducerRecovery, ARetryOfWhatTheCrashTookIsStored) {
  Bench bench;
  bench.send("7/0 0-2");
  bench.flush();
  bench.send("7/0 3-3");
  bench.crash();
  const auto again = bench.append(bench.batch("7/0 3-3"));
  EXPECT_EQ(again.error, ErrorCode::none);
  EXPECT_EQ(again.base_offset, Offset(3));
}

TEST(ProducerRecovery, AnswersTheSameWithAndWithoutASnapshot) {
  const auto expected = answers_without_a_restart();
  for (const bool with_snapshot : {true, false}) {
    Bench bench;
    fill(bench);
    ASSERT_TRUE(bench.partition->close());
    bench.known = bench.partition->checkpoint();
    bench.partition.reset();
    if (!with_snapshot) bench.disk.erase(snapshot_file);
    bench.open(true);
    EXPECT_EQ(bench.recovery.snapshot_at.has_value(), with_snapshot);
    EXPECT_EQ(bench.recovery.snapshot_fault, "");
    EXPECT_EQ(answers(bench), expected) << (with_snapshot ? "with" : "without");
  }
}

TEST(ProducerRecovery, AnswersTheSameWithASnapshotAndALaterTail) {
  const auto expected = answers_without_a_restart();
  Bench bench;
  bench.send("7/0 0-2");
  for (int i = 0; i < 4; ++i) bench.send("8/2 " + std::to_string(i) + "-" + std::to_string(i));
  bench.restart();
  EXPECT_EQ(bench.recovery.snapshot_at, Offset(7));
  EXPECT_EQ(bench.recovery.replayed_batches, 0U);
  for (int i = 4; i < 7; ++i) bench.send("8/2 " + std::to_string(i) + "-" + std::to_string(i));
  bench.send("9/0 2147483647-1");
  bench.plain(3);
  bench.send("5/0 0-0 t");
  bench.send("6/0 0-1 t");
  bench.decide(6, Marker::abort, 0, 4);
  bench.send("6/0 2-2 t");
  bench.flush();
  bench.crash();
  EXPECT_EQ(bench.recovery.snapshot_at, Offset(7));
  EXPECT_EQ(bench.recovery.replayed_batches, 9U);
  EXPECT_EQ(answers(bench), expected);
}

TEST(ProducerRecovery, ReadersAreToldOfAbortsWhoseIndexACrashTook) {
  Bench bench;
  bench.send("7/0 0-0 t");         // 0
  bench.send("8/0 0-0 t");         // 1
  bench.decide(7, Marker::abort);  // 2
  bench.restart();
  bench.decide(8, Marker::abort);   // 3
  bench.send("7/0 1-1 t");          // 4
  bench.decide(7, Marker::commit);  // 5
  bench.send("7/0 2-2 t");          // 6
  bench.decide(7, Marker::abort);   // 7
  bench.flush();
  bench.crash();
  EXPECT_EQ(bench.aborted(Bench::committed_from(0)), "7@0 8@1 7@6");
  bench.crash();
  EXPECT_EQ(bench.aborted(Bench::committed_from(0)), "7@0 8@1 7@6") << "and a second time";
}

TEST(ProducerRecovery, ReadersAreToldOfAbortsWhoseIndexFilesAreGone) {
  for (const bool with_snapshot : {true, false}) {
    Bench bench;
    bench.send("7/0 0-0 t");          // 0
    bench.send("8/0 0-0 t");          // 1
    bench.decide(7, Marker::abort);   // 2
    bench.decide(8, Marker::commit);  // 3
    bench.restart();
    bench.known = bench.partition->checkpoint();
    bench.partition.reset();
    for (const auto& path : bench.disk.files()) {
      if (path.ends_with(".txnindex") || path.ends_with(".seal")) bench.disk.erase(path);
    }
    if (!with_snapshot) bench.disk.erase(snapshot_file);
    bench.open(false);
    EXPECT_EQ(bench.recovery.snapshot_at.has_value(), with_snapshot);
    EXPECT_EQ(bench.aborted(Bench::committed_from(0)), "7@0");
    EXPECT_EQ(bench.partition->last_stable_offset(), Offset(4));
  }
}

/// A partition that was closed, its snapshot file as it stands on the disk.
struct Closed {
  Bench bench;
  Bytes snapshot;

  Closed() {
    fill(bench);
    EXPECT_TRUE(bench.partition->close());
    bench.known = bench.partition->checkpoint();
    bench.partition.reset();
    snapshot = bench.disk.content(snapshot_file).value();
  }
  void open_with(ByteView bytes) {
    bench.partition.reset();
    bench.disk.set_content(snapshot_file, bytes);
    bench.open(true);
  }
};

TEST(ProducerRecovery, EveryTruncatedSnapshotIsNoticedAndBuiltAnew) {
  const auto expected = answers_without_a_restart();
  Closed closed;
  for (std::size_t length = 0; length < closed.snapshot.size(); ++length) {
    closed.open_with(ByteView(closed.snapshot).first(length));
    ASSERT_EQ(closed.bench.recovery.snapshot_at, std::nullopt) << length;
    ASSERT_NE(closed.bench.recovery.snapshot_fault, "") << length;
    ASSERT_FALSE(closed.bench.disk.exists(snapshot_file).value()) << length;
  }
  EXPECT_EQ(answers(closed.bench), expected);
}

TEST(ProducerRecovery, EveryFlippedBitIsNoticedAndBuiltAnew) {
  const auto expected = answers_without_a_restart();
  Closed closed;
  for (std::size_t bit = 0; bit < closed.snapshot.size() * 8; ++bit) {
    auto flipped = closed.snapshot;
    flipped[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    closed.open_with(flipped);
    ASSERT_EQ(closed.bench.recovery.snapshot_at, std::nullopt) << "bit " << bit;
    ASSERT_NE(closed.bench.recovery.snapshot_fault, "") << "bit " << bit;
  }
  EXPECT_EQ(answers(closed.bench), expected);
}

TEST(ProducerRecovery, ASnapshotAheadOfTheLogIsRemovedBeforeTheLogCanReachIt) {
  Bench other;
  for (int i = 0; i < 9; ++i) other.send("7/0 " + std::to_string(i) + "-" + std::to_string(i));
  ASSERT_TRUE(other.partition->close());

  Bench bench;
  bench.send("8/0 0-2");
  bench.flush();
  bench.disk.set_content(snapshot_file, other.disk.content(snapshot_file).value());
  bench.crash();
  EXPECT_THAT(bench.recovery.snapshot_fault, HasSubstr("snapshot of offset 9 is outside of the log, 0 to 3"));
  bench.plain(20);
  bench.flush();
  bench.crash();
  EXPECT_EQ(bench.recovery.snapshot_at, std::nullopt) << "the log is past offset 9 now";
  EXPECT_EQ(bench.send("7/0 5-5"), "at 23") << "producer 7 was never here";
  EXPECT_EQ(bench.send("8/0 0-2"), "again at 0");
}

TEST(ProducerSnapshots, AreTakenNowAndThenAndOnlyOfWhatIsDurable) {
  Bench bench;
  for (int i = 0; i < 4999; ++i) bench.plain(1);
  bench.flush();
  EXPECT_EQ(bench.partition->prepare_snapshot(), std::nullopt);
  bench.send("7/0 0-2");
  EXPECT_EQ(bench.partition->prepare_snapshot(), std::nullopt) << "due, but its last batch is not flushed";
  bench.send("7/0 3-3");
  bench.flush();
  const auto ticket = bench.partition->prepare_snapshot();
  ASSERT_TRUE(ticket);
  EXPECT_EQ(ticket->at, Offset(5002)) << "taken when it was due";
  EXPECT_EQ(bench.partition->prepare_snapshot(), std::nullopt) << "one at a time";
  ASSERT_TRUE(write_snapshot(bench.disk, *ticket));
  bench.partition->snapshot_done(*ticket, true);
  bench.crash();
  EXPECT_EQ(bench.recovery.snapshot_at, Offset(5002));
  EXPECT_EQ(bench.recovery.replayed_batches, 1U);
  EXPECT_EQ(bench.send("7/0 0-2"), "again at 4999");
  EXPECT_EQ(bench.send("7/0 3-3"), "again at 5002");
}

TEST(ProducerSnapshots, AreTakenAnewWhenTheLogStartHasPassedThem) {
  Bench bench;
  bench.send("7/0 0-2");
  bench.restart();
  bench.send("7/0 3-4");
  bench.flush();
  EXPECT_EQ(bench.partition->prepare_snapshot(), std::nullopt);
  ASSERT_EQ(bench.partition->delete_records(Offset(5)).error, ErrorCode::none);
  const auto ticket = bench.partition->prepare_snapshot();
  ASSERT_TRUE(ticket);
  EXPECT_EQ(ticket->at, Offset(5));
}

TEST(ProducerSnapshots, ACleanRestartReplaysNothing) {
  Bench bench;
  fill(bench);
  bench.restart();
  EXPECT_EQ(bench.recovery.replayed_batches, 0U);
  EXPECT_EQ(bench.recovery.snapshot_at, bench.partition->end());
  bench.restart();
  EXPECT_EQ(bench.recovery.replayed_batches, 0U);
}

TEST(ProducerRecovery, RemembersUpToTheLimitAfterARestart) {
  Bench bench;
  for (int id = 0; id < 20; ++id) bench.send(std::to_string(id) + "/0 0-0");
  bench.flush();
  bench.known = bench.partition->checkpoint();
  bench.partition.reset();
  auto opened = Partition::open(bench.disk, "orders-0", bench.settings, bench.known, false, bench.now,
                                {.producers_max = 5, .expire_after = std::chrono::hours(1)});
  ASSERT_TRUE(opened);
  bench.partition = std::move(opened->partition);
  EXPECT_EQ(bench.send("19/0 0-0"), "again at 19");
  EXPECT_EQ(bench.send("15/0 0-0"), "again at 15");
  EXPECT_EQ(bench.send("14/0 0-0"), "at 20") << "forgotten: taken as new";
}

}  // namespace
}  // namespace millrace::broker
