#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/event_language.hpp"

namespace millrace::broker {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr std::string_view snapshot_file = "orders-0/events.snapshot";

TEST(PartitionEvents, ARepeatIsNotStoredAndAnsweredWithTheFirstOffset) {
  EventBench bench;
  EXPECT_EQ(bench.send("a"), "at 0");
  EXPECT_EQ(bench.send("b"), "at 1");
  const auto again = bench.append_once(events("a"));
  EXPECT_EQ(line_of_events(again), "again at 0 (0)");
  EXPECT_EQ(again.next, Offset(1)) << "answered once the first copy is durable";
  EXPECT_EQ(bench.stored(), "0:a 1:b");
  EXPECT_EQ(bench.send("c"), "at 2");
}

TEST(PartitionEvents, WhatIsNoEventIsNeverARepeat) {
  EventBench bench;
  EXPECT_EQ(bench.send("- -"), "at 0");
  EXPECT_EQ(bench.send("-"), "at 2");
  EXPECT_EQ(bench.stored(), "0:- 1:- 2:-");
  EXPECT_EQ(bench.partition->event_figures().remembered, 0U);
}

TEST(PartitionEvents, RepeatsAreTakenOutOfABatchAndTheOthersKeepTheirPlaces) {
  for (const auto codec :
       {record::Codec::none, record::Codec::gzip, record::Codec::snappy, record::Codec::lz4, record::Codec::zstd}) {
    EventBench bench;
    bench.send("a b");
    EXPECT_EQ(bench.send("c a - d b", {.codec = codec}), "at 2 (. 0 . . 1)");
    EXPECT_EQ(bench.stored(), "0:a 1:b 2:c 4:- 5:d");
    EXPECT_EQ(bench.send("e"), "at 7") << "the offsets of repeats are gaps";
    EXPECT_EQ(bench.send("d c"), "again at 5 (5 2)");
    bench.flush();
    EXPECT_EQ(bench.read(0), "0-1 2-6 7-7");
  }
}

TEST(PartitionEvents, AnEventTwiceInABatchIsStoredOnce) {
  EventBench bench;
  bench.send("a");
  EXPECT_EQ(bench.send("b b a b"), "at 1 (. 1 0 1)");
  EXPECT_EQ(bench.stored(), "0:a 1:b");
}

TEST(PartitionEvents, AnIdempotentProducerGoesOnBehindItsRepeats) {
  EventBench bench;
  EXPECT_EQ(bench.send("a b", {.producer = 7, .sequence = 0}), "at 0");
  EXPECT_EQ(bench.send("a b", {.producer = 8, .sequence = 0}), "at 0 (0 1)");
  EXPECT_EQ(bench.partition->end(), Offset(4)) << "a batch without records keeps the sequence";
  EXPECT_EQ(bench.send("a c", {.producer = 8, .sequence = 2}), "at 4 (0 .)");
  EXPECT_EQ(bench.send("d", {.producer = 8, .sequence = 4}), "at 6");
  EXPECT_EQ(bench.send("e", {.producer = 8, .sequence = 4}), "again at 6") << "a sequence goes before an id";
  EXPECT_EQ(bench.send("f", {.producer = 8, .sequence = 9}), "OUT_OF_ORDER_SEQUENCE_NUMBER");
  EXPECT_EQ(bench.stored(), "0:a 1:b 5:c 6:d");
}

TEST(PartitionEvents, ARetryOfAnIdempotentProducerIsAnsweredAsTheFirstTime) {
  EventBench bench;
  bench.send("a b");
  const Sender first{.producer = 7, .sequence = 0}, second{.producer = 7, .sequence = 2};
  EXPECT_EQ(bench.send("a b", first), "at 0 (0 1)");
  EXPECT_EQ(bench.send("c a", second), "at 4 (. 0)");
  EXPECT_EQ(bench.append_once(events("a b", first)).base_offset, Offset(0));
  EXPECT_EQ(bench.append_once(events("c a", second)).base_offset, Offset(4));
  EXPECT_EQ(bench.partition->end(), Offset(6));
  EXPECT_EQ(bench.partition->event_figures().repeated, 3U) << "a retry is no other event";
}

TEST(PartitionEvents, SequencesOfRepeatsSurviveACrash) {
  EventBench bench;
  bench.send("a b");
  bench.send("a b", {.producer = 7, .sequence = 0});
  bench.flush();
  bench.crash();
  EXPECT_EQ(bench.send("c", {.producer = 7, .sequence = 2}), "at 4");
  EXPECT_EQ(bench.send("d", {.producer = 7, .sequence = 2}), "again at 4");
}

TEST(PartitionEvents, TheWindowEndsOnTheSteadyClock) {
  EventBench bench;
  bench.send("a");
  bench.now.wall += 1'000'000'000;
  bench.wait(test_window - 1ms);
  EXPECT_EQ(bench.send("a"), "again at 0 (0)") << "however far the wall clock jumps";
  bench.wait(1ms);
  EXPECT_EQ(bench.send("a"), "at 1");
  EXPECT_EQ(bench.send("a"), "again at 1 (1)");
  bench.wait(test_window - 1ms);
  EXPECT_EQ(bench.send("a"), "again at 1 (1)") << "a repeat does not make the window longer, a new copy does";
}

TEST(PartitionEvents, OnlyTopicsWithAWindowLookForRepeats) {
  EventBench bench(small_settings());
  EXPECT_EQ(bench.send("a"), "at 0");
  EXPECT_EQ(bench.send("a"), "at 1");
  EXPECT_FALSE(bench.partition->event_figures().is_looking);
  bench.partition->set_settings(settings_with_window());
  EXPECT_EQ(bench.send("a"), "at 2") << "what came before it was turned on is not known";
  EXPECT_EQ(bench.send("a"), "again at 2 (2)");
  bench.partition->set_settings(small_settings());
  EXPECT_EQ(bench.send("a"), "at 3");
  EXPECT_EQ(bench.partition->event_figures().remembered, 0U);
  bench.partition->set_settings(settings_with_window());
  EXPECT_EQ(bench.send("a"), "at 4");
}

TEST(PartitionEvents, OneThatWasStoredSinceItWasLookedForIsLookedForAgain) {
  EventBench bench;
  auto batch = events("a b");
  const auto header = record::read_header(batch);
  BatchEvents late{.hashes = hashes_of(header, batch, bench.partition->event_key()), .firsts = {}};
  late.firsts = bench.partition->find_repeats(late.hashes, bench.now);
  EXPECT_TRUE(late.firsts.empty());
  bench.send("b");
  const auto answer = bench.partition->append_events(batch, header, bench.now, late);
  EXPECT_TRUE(answer.is_outdated);
  EXPECT_EQ(bench.stored(), "0:b");
  EXPECT_EQ(bench.send("a b"), "at 1 (. 0)");
}

TEST(PartitionEvents, ARepeatIsRefusedWhenItsFirstCopyWillNeverBeDurable) {
  EventBench bench;
  bench.send("a");
  bench.flush();
  bench.send("b");
  bench.partition->take_offline(Error{Errc::io, "the disk is gone"});
  EXPECT_EQ(bench.send("a"), "again at 0 (0)");
  EXPECT_EQ(bench.send("b"), "KAFKA_STORAGE_ERROR");
}

TEST(PartitionEvents, ABatchInATransactionIsLeftAlone) {
  EventBench bench;
  bench.send("a");
  record::BatchBuilder builder;
  builder.set_producer(7, 0, 0);
  builder.set_attributes(true, false);
  add_event(builder, "a", test_wall);
  EXPECT_EQ(line_of_events(bench.append_once(builder.finish())), "at 1") << "it may yet be aborted";
}

TEST(PartitionEvents, AreKnownAgainAfterACrash) {
  EventBench bench;
  bench.send("a b");
  bench.send("c a", {.codec = record::Codec::zstd});
  bench.flush();
  bench.send("d");
  bench.crash();
  EXPECT_EQ(bench.send("b c"), "again at 1 (1 2)");
  EXPECT_EQ(bench.send("d"), "at 4") << "it was never flushed";
}

TEST(PartitionEvents, KeepTheirAgeThroughARestart) {
  EventBench bench;
  bench.send("a");
  bench.wait(test_window / 2);
  bench.send("b");
  bench.restart();
  bench.wait(test_window / 2 - 1ms);
  EXPECT_EQ(bench.send("a"), "again at 0 (0)");
  bench.wait(1ms);
  EXPECT_EQ(bench.send("a"), "at 2");
  EXPECT_EQ(bench.send("b"), "again at 1 (1)");
}

TEST(PartitionEvents, AWindowGrowsByACrashAndNeverShrinks) {
  EventBench bench;
  bench.send("a");
  bench.restart();
  bench.wait(test_window);
  EXPECT_EQ(bench.send("a"), "at 1") << "its window was over";
  bench.flush();
  bench.crash();
  bench.wait(test_window - 1ms);
  EXPECT_EQ(bench.send("a"), "again at 1 (1)") << "the snapshot knows the first copy alone, the log the second";
  bench.wait(1ms);
  EXPECT_EQ(bench.send("a"), "at 2");
}

TEST(PartitionEvents, AreFoundInTheLogWithoutASnapshot) {
  EventBench bench;
  bench.send("a b");
  ASSERT_TRUE(bench.partition->close());
  bench.known = bench.partition->checkpoint();
  bench.partition.reset();
  const auto whole = bench.disk.content(snapshot_file).value();
  bench.disk.set_content(snapshot_file, ByteView(whole).first(whole.size() - 1));
  bench.open(true);
  EXPECT_EQ(bench.send("b"), "again at 1 (1)");
  EXPECT_FALSE(bench.disk.exists(snapshot_file).value());
}

TEST(PartitionEvents, ASnapshotAheadOfTheLogIsRemovedBeforeTheLogCanReachIt) {
  EventBench other;
  other.send("a b c d e");
  ASSERT_TRUE(other.partition->close());
  EventBench bench;
  bench.send("x");
  bench.flush();
  bench.disk.set_content(snapshot_file, other.disk.content(snapshot_file).value());
  auto opened = [&] {
    bench.known = bench.partition->checkpoint();
    bench.partition.reset();
    return Partition::open(bench.disk, "orders-0", bench.settings, bench.known, false, bench.now);
  }();
  ASSERT_TRUE(opened);
  EXPECT_THAT(opened->events.snapshot_fault, HasSubstr("snapshot of offset 5 is beyond the log, which ends at 1"));
  bench.partition = std::move(opened->partition);
  EXPECT_EQ(bench.send("a"), "at 1");
  EXPECT_EQ(bench.send("x"), "again at 0 (0)");
}

TEST(PartitionEvents, SnapshotsAreTakenNowAndThenAndOnlyOfWhatIsDurable) {
  EventBench bench;
  for (int batch = 0; batch < 32; ++batch) {
    EXPECT_EQ(bench.partition->prepare_snapshot(), std::nullopt);
    std::string ids;
    for (int i = 0; i < 1024; ++i) ids += (i == 0 ? "" : " ") + std::to_string(1024 * batch + i);
    bench.send(ids);
  }
  EXPECT_EQ(bench.partition->prepare_snapshot(), std::nullopt) << "due, and not flushed";
  bench.flush();
  const auto ticket = bench.partition->prepare_snapshot();
  ASSERT_TRUE(ticket);
  EXPECT_EQ(ticket->path, snapshot_file);
  EXPECT_EQ(ticket->at, bench.partition->end());
  EXPECT_EQ(bench.partition->prepare_snapshot(), std::nullopt) << "one at a time";
  ASSERT_TRUE(write_snapshot(bench.disk, *ticket));
  bench.partition->snapshot_done(*ticket, true);
  bench.crash();
  EXPECT_EQ(bench.partition->event_figures().remembered, 32'768U);
  EXPECT_EQ(bench.send("32767 32768"), "at 32768 (32767 .)");
}

TEST(PartitionEvents, AtMostSoManyAreKept) {
  EventBench bench;
  bench.partition.reset();
  const auto open = [&] {
    auto opened = Partition::open(bench.disk, "orders-0", bench.settings, bench.known, false, bench.now, {},
                                  {.key = {3, 4}, .ids_max = 3});
    ASSERT_TRUE(opened) << opened.error().message;
    bench.partition = std::move(opened->partition);
  };
  open();
  bench.send("a b c d");
  EXPECT_EQ(bench.send("b"), "again at 1 (1)");
  EXPECT_EQ(bench.send("a"), "at 4") << "the oldest was forgotten";
  const auto figures = bench.partition->event_figures();
  EXPECT_EQ(figures.remembered, 3U);
  EXPECT_EQ(figures.forgotten_early, 2U);
  EXPECT_EQ(figures.repeated, 1U);
  bench.flush();
  bench.known = bench.partition->checkpoint();
  bench.partition.reset();
  open();
  EXPECT_EQ(bench.send("c d a"), "again at 2 (2 3 4)");
}

TEST(PartitionEvents, ReadersAreToldOfABatchWithoutRecordsOnlyWithWhatFollowsIt) {
  for (const auto durability : {Durability::fsync, Durability::os}) {
    auto settings = settings_with_window();
    settings.durability = durability;
    EventBench bench(settings);
    bench.send("a");
    bench.send("a", {.producer = 7, .sequence = 0});
    bench.send("a", {.producer = 7, .sequence = 1});
    bench.flush();
    EXPECT_EQ(bench.partition->durable_end(), Offset(3));
    EXPECT_EQ(bench.partition->high_watermark(), Offset(1));
    EXPECT_EQ(bench.read(1), "nothing");
    EXPECT_EQ(bench.partition->list_offset({.timestamp = -1}).offset, Offset(1)) << "nobody waits for what is not told";
    bench.send("b");
    // What follows counts once it is visible itself.
    EXPECT_EQ(bench.partition->high_watermark(), Offset(durability == Durability::fsync ? 1 : 4));
    bench.flush();
    EXPECT_EQ(bench.partition->high_watermark(), Offset(4));
    EXPECT_EQ(bench.read(1), "1-1 2-2 3-3");
    auto one_batch = Bench::from(1);
    one_batch.max_bytes = 1;
    EXPECT_EQ(bench.read(one_batch), "3-3") << "and never alone";
    EXPECT_EQ(bench.partition->list_offset({.timestamp = test_wall + 1}).offset, no_offset);
    EXPECT_EQ(bench.partition->list_offset({.timestamp = -3}).offset, Offset(0)) << "of equal times the first";
  }
}

TEST(PartitionEvents, TheHighWatermarkDoesNotGoBackToABatchWithoutRecords) {
  EventBench bench;
  bench.send("a");
  bench.send("a", {.producer = 7, .sequence = 0});
  bench.restart();
  EXPECT_EQ(bench.partition->high_watermark(), Offset(2));
  bench.send("a", {.producer = 7, .sequence = 1});
  bench.flush();
  EXPECT_EQ(bench.partition->high_watermark(), Offset(2));
  bench.send("b c");
  bench.flush();
  EXPECT_EQ(bench.partition->high_watermark(), Offset(5));
}

}  // namespace
}  // namespace millrace::broker
