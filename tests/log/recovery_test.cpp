#include "log/log_bench.hpp"

namespace millrace::log {
namespace {

using SegmentRecovery = LogBench;
using LogFlush = LogBench;

TEST_F(LogFlush, MovesTheDurableEndOnlyWhenTheWorkWasDone) {
  append("a b");
  EXPECT_EQ(log->durable_end(), Offset(0));
  const auto ticket = log->prepare_flush();
  ASSERT_TRUE(ticket);
  append("c");
  EXPECT_EQ(log->durable_end(), Offset(0));
  ASSERT_TRUE(perform(disk, ticket->work));
  log->flushed(*ticket);
  EXPECT_EQ(log->durable_end(), Offset(2));
  flush();
  EXPECT_EQ(log->durable_end(), Offset(3));
  EXPECT_FALSE(log->prepare_flush());
}

TEST_F(LogFlush, SaysHowMuchATicketIsAbout) {
  append("a b");
  const auto first = log->bytes();
  EXPECT_EQ(log->prepare_flush()->unflushed_bytes, first);
  flush();
  fill_segment();
  EXPECT_EQ(log->prepare_flush()->unflushed_bytes, log->bytes() - first);
}

TEST_F(LogFlush, NeverMovesBackWhenTicketsComeInAnyOrder) {
  append("a");
  const auto early = log->prepare_flush();
  append("b");
  const auto late = log->prepare_flush();
  ASSERT_TRUE(perform(disk, late->work));
  log->flushed(*late);
  log->flushed(*early);
  EXPECT_EQ(log->durable_end(), Offset(2));
}

TEST_F(LogFlush, CoversASegmentThatWasRolledBeforeItWasFlushed) {
  append("first");
  fill_segment();
  flush();
  const auto all = read();
  crash();
  EXPECT_EQ(read(), all);
}

TEST_F(LogFlush, BelievesNothingAfterItWentOffline) {
  append("a");
  const auto ticket = log->prepare_flush();
  log->take_offline({Errc::io, "sync orders-0: Input/output error"});
  log->flushed(*ticket);
  EXPECT_EQ(log->durable_end(), Offset(0));
  EXPECT_NE(log->offline()->message.find("Input/output error"), std::string::npos);
}

TEST_F(SegmentRecovery, KeepsWhatWasFlushedAndLosesWhatWasNot) {
  append("a b");
  flush();
  append("c");
  crash();
  EXPECT_EQ(read(), "0:a 1:b");
  EXPECT_EQ(log->durable_end(), Offset(2));
  EXPECT_EQ(append("d"), Offset(2));
}

TEST_F(SegmentRecovery, CutsATornTailAndKeepsTheRest) {
  append("a b");
  flush();
  const auto good = log->bytes();
  append("c");
  append("d");
  known = log->checkpoint();
  log.reset();
  disk.restart();
  disk.flip(path(0), good + 65, 0x10);
  const Bytes tail = *disk.content(path(0));
  open();
  EXPECT_EQ(read(), "0:a 1:b");
  EXPECT_EQ(report.cut_at, Offset(2));
  EXPECT_GT(report.cut_bytes, 0U);
  EXPECT_TRUE(report.damaged.empty());
  const auto aside = disk.content(std::string(dir) + "/torn-00000000000000000002");
  ASSERT_TRUE(aside) << "the tail is kept aside";
  EXPECT_TRUE(std::ranges::equal(*aside, ByteView(tail).subspan(good, aside->size())));
  EXPECT_EQ(append("e"), Offset(2));
  EXPECT_EQ(read(), "0:a 1:b 2:e");
}

TEST_F(SegmentRecovery, NeverCutsBelowTheFlushedMark) {
  append("a b");
  const auto first = log->bytes();
  append("c");
  append("d e");
  flush();
  known = log->checkpoint();
  known->segment_position = 0;  // as an older place to begin at, with the mark of now
  known->segment_base = Offset(5);
  log.reset();
  disk.restart();
  disk.flip(path(0), first + 65, 0x01);
  const auto size = disk.content(path(0))->size();
  open();
  EXPECT_EQ(read(), "0:a 1:b 2!corrupt 3:d 4:e");
  ASSERT_EQ(report.damaged.size(), 1U);
  EXPECT_EQ(report.damaged[0].first, Offset(2));
  EXPECT_EQ(report.damaged[0].next, Offset(3));
  EXPECT_EQ(report.damaged[0].position, first);
  EXPECT_NE(report.damaged[0].reason.find("crc"), std::string::npos);
  EXPECT_EQ(report.cut_bytes, 0U);
  EXPECT_EQ(disk.content(path(0))->size(), size);
}

TEST_F(SegmentRecovery, GoesOnBehindDamageAtTheVeryEnd) {
  append("a b");
  const auto first = log->bytes();
  append("c");
  flush();
  known = log->checkpoint();
  known->segment_base = Offset(3);
  known->segment_position = 0;
  log.reset();
  disk.restart();
  disk.flip(path(0), first + 65, 0x01);
  open();
  EXPECT_EQ(log->end(), Offset(3)) << "offsets that were promised are not used again";
  EXPECT_EQ(append("d"), Offset(3));
  EXPECT_EQ(read(), "0:a 1:b 2!corrupt 3:d");
}

TEST_F(SegmentRecovery, NoticesAFileThatIsShorterThanWhatWasFlushed) {
  append("a b");
  const auto first = log->bytes();
  append("c");
  flush();
  known = log->checkpoint();
  log.reset();
  disk.restart();
  disk.set_content(path(0), ByteView(*disk.content(path(0))).first(first));
  open();
  ASSERT_EQ(report.damaged.size(), 1U);
  EXPECT_EQ(read(), "0:a 1:b 2!corrupt");
  EXPECT_EQ(append("d"), Offset(3));
}

TEST_F(SegmentRecovery, TakesZerosInReservedBlocksForTheEnd) {
  config.segment_bytes = 1 << 20;
  log->set_config(config);
  append("a");
  flush();
  known = log->checkpoint();
  crash();
  EXPECT_EQ(disk.content(path(0))->size(), 64U << 10);
  EXPECT_EQ(read(), "0:a");
  EXPECT_EQ(report.cut_bytes, 0U);
  EXPECT_EQ(append("b"), Offset(1));
  EXPECT_EQ(read(), "0:a 1:b");
}

TEST_F(SegmentRecovery, MovesSegmentsBehindACutAway) {
  append("a");
  flush();
  const auto good = log->bytes();
  known = log->checkpoint();
  fill_segment();
  append("z");
  log.reset();
  disk.restart();
  disk.flip(path(0), good + 65, 0x01);
  open();
  EXPECT_EQ(read(), "0:a");
  EXPECT_EQ(log->segment_count(), 1U);
  ASSERT_EQ(report.set_aside.size(), 1U);
  EXPECT_TRUE(disk.content("lost+found/orders-0." + report.set_aside[0]));
}

TEST_F(SegmentRecovery, KnowsFromTheSealWhatWasFlushedWithoutACheckpoint) {
  append("a b");
  const auto first = log->bytes();
  fill_segment();
  flush();
  const auto all = read();
  known.reset();
  log.reset();
  disk.restart();
  disk.flip(path(0), first + 65, 0x01);
  open();
  EXPECT_EQ(report.cut_bytes, 0U);
  auto expected = all;
  expected.replace(expected.find("2:filler"), 8, "2!corrupt");
  EXPECT_EQ(read(), expected);
}

TEST_F(SegmentRecovery, ScansNothingAfterACleanEnd) {
  for (int i = 0; i < 30; ++i) append("a b");
  const auto all = read();
  close_and_reopen();
  EXPECT_TRUE(report.clean);
  EXPECT_EQ(report.scanned_bytes, 0U);
  EXPECT_EQ(log->end(), Offset(60));
  EXPECT_EQ(read(), all);
  EXPECT_EQ(append("c"), Offset(60));
}

TEST_F(SegmentRecovery, OpensACleanLogWithoutOpeningAFile) {
  for (int i = 0; i < 30; ++i) append("a b");
  flush();
  ASSERT_TRUE(log->close());
  known = log->checkpoint();
  disk.erase(std::string(dir) + "/epochs");
  const auto reads = disk.calls(support::Call::read);
  open(true);
  EXPECT_LE(disk.calls(support::Call::read) - reads, 1U);
}

TEST_F(SegmentRecovery, DoesNotBelieveACleanMarkWhenTheSizeIsWrong) {
  append("a");
  append("b");
  ASSERT_TRUE(log->close());
  known = log->checkpoint();
  Bytes longer = *disk.content(path(0));
  longer.resize(longer.size() + 100);
  log.reset();
  disk.set_content(path(0), longer);
  open(true);
  EXPECT_FALSE(report.clean);
  EXPECT_EQ(read(), "0:a 1:b");
}

TEST_F(SegmentRecovery, SetsStrangersAsideAndDeletesNoneOfThem) {
  append("a");
  flush();
  log.reset();
  disk.set_content(std::string(dir) + "/notes.txt", as_bytes("mine"));
  disk.set_content(std::string(dir) + "/producer.snapshot", as_bytes("the broker's"));
  disk.set_content(std::string(dir) + "/00000000000000000000.log.swp", as_bytes("an editor's"));
  open();
  EXPECT_EQ(report.set_aside.size(), 2U);
  EXPECT_EQ(disk.content("lost+found/orders-0.notes.txt"), to_bytes("mine"));
  EXPECT_TRUE(disk.content("lost+found/orders-0.00000000000000000000.log.swp"));
  EXPECT_TRUE(disk.content(std::string(dir) + "/producer.snapshot"));
  EXPECT_EQ(read(), "0:a");
}

TEST_F(SegmentRecovery, FinishesADeletionThatWasInterrupted) {
  fill_segment();
  flush();
  const auto doomed = log->retire({.bytes = 0}, log->durable_end(), wall);
  ASSERT_TRUE(doomed);
  ASSERT_EQ(doomed->segments, 2U);
  const Offset start = log->start();
  log.reset();
  disk.restart();
  open();
  EXPECT_EQ(log->start(), start);
  for (const auto& file : disk.files()) EXPECT_EQ(file.find("00000000000000000000"), std::string::npos) << file;
}

TEST_F(SegmentRecovery, RefusesToBeginAnewWhereRecordsWere) {
  append("a");
  flush();
  known = log->checkpoint();
  log.reset();
  for (const auto& file : disk.files()) disk.erase(file);
  const auto opened = Log::open(disk, dir, config, known, true);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::corrupt);
}

TEST_F(SegmentRecovery, KeepsTheLogStartOfTheCheckpoint) {
  append("a b c");
  append("d");
  flush();
  ASSERT_TRUE(log->advance_start(Offset(2)));
  known = log->checkpoint();
  crash();
  EXPECT_EQ(log->start(), Offset(2));
  EXPECT_EQ(log->read(Offset(1), 100, log->end(), true).error().code, Errc::not_found);
}

TEST_F(SegmentRecovery, FindsEpochsInTheBatchesWhenTheirFileIsDamagedOrLost) {
  for (const LeaderEpoch epoch : {0, 0, 2, 2, 2, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5}) append("a b", {}, epoch);
  const auto all = read();
  ASSERT_GT(log->segment_count(), 1U);
  ASSERT_TRUE(log->close());
  known = log->checkpoint();
  const std::string epochs = std::string(dir) + "/epochs";
  for (const bool lost : {false, true}) {
    log.reset();
    if (lost) {
      disk.erase(epochs);
    } else {
      disk.flip(epochs, 3, 0x40);
    }
    open(true);
    EXPECT_EQ(log->latest_epoch(), 5);
    EXPECT_EQ(log->end_of_epoch(2), std::pair(2, Offset(10)));
    EXPECT_EQ(read(), all);
    EXPECT_TRUE(log->damaged().empty());
  }
}

}  // namespace
}  // namespace millrace::log
