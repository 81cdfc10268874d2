// any byte of a data directory may change. Each change is detected or harmless, its neighbours are served, and
// nothing that was flushed is shortened.

#include <map>

#include "log/log_bench.hpp"

namespace millrace::log {
namespace {

class BitRot : public LogBench {
 protected:
  /// A small log with everything in it: sealed segments, epochs, an aborted transaction; closed.
  void furnish() {
    aborted = furnish_and_close(6);
    open(true);
    for (Offset at; at < log->end();) {
      const auto slice = log->read(at, 1, log->end(), true);
      ASSERT_TRUE(slice);
      batches[at.value()] = bytes_of(*slice);
      at = slice->next;
    }
    log.reset();
    disk.restart();
  }

  /// What is wrong with the log that is open now; nothing when every batch is served as it was or refused as damaged.
  std::string check(std::size_t damaged_batches_max) {
    std::size_t damaged = 0;
    for (const auto& [at, expected] : batches) {
      const auto slice = log->read(Offset(at), 1, log->end(), true);
      if (!slice && slice.error().code != Errc::corrupt) return std::to_string(at) + ": " + slice.error().message;
      if (!slice) {
        ++damaged;
        continue;
      }
      if (slice->file == nullptr) return std::to_string(at) + " is silently missing";
      if (bytes_of(*slice) != expected) return std::to_string(at) + " is served with other bytes";
    }
    if (damaged > damaged_batches_max) return std::to_string(damaged) + " batches are refused";
    const auto transactions = log->aborted(log->start(), log->end());
    if (!transactions) return "aborted: " + transactions.error().message;
    const bool known_abort = transactions->size() == 1 && transactions->front().first_offset == aborted.first_offset &&
                             transactions->front().last_offset == aborted.last_offset &&
                             transactions->front().producer_id == aborted.producer_id;
    if (!known_abort && damaged == 0) return "the aborted transaction is not what it was";
    const auto newest = log->find_max_timestamp(log->end());
    if (!newest || !*newest) return "no largest timestamp";
    if (damaged == 0 && (*newest)->timestamp != newest_timestamp) return "another largest timestamp";
    return {};
  }

  std::map<std::int64_t, Bytes> batches;
  AbortedTransaction aborted;
  Timestamp newest_timestamp = 2000;
};

TEST_F(BitRot, IsDetectedOrHarmlessInEveryByteOfACleanDirectory) {
  furnish();
  for (const auto& file : disk.files()) {
    const auto size = disk.content(file)->size();
    for (std::size_t at = 0; at < size; ++at) {
      const auto mask = static_cast<std::uint8_t>(1U << (at % 8));
      const auto broken = disk.copy();
      broken->flip(file, at, mask);
      auto opened = Log::open(*broken, dir, config, known, true);
      ASSERT_TRUE(opened) << file << " byte " << at << ": " << opened.error().message;
      log = std::move(opened->log);
      EXPECT_EQ(check(1), "") << file << " byte " << at;
      EXPECT_EQ(log->end(), known->durable_end) << file << " byte " << at;
      EXPECT_EQ(broken->content(file)->size(), size) << file << " byte " << at;
      log.reset();
      if (HasFailure()) return;
    }
  }
}

TEST_F(BitRot, IsNeverTakenForATornTailBelowTheFlushedMark) {
  furnish();
  // The place to begin at is lost, the mark is not: everything is looked at.
  auto early = *known;
  early.segment_base = Offset(0);
  early.segment_position = 1 << 30;
  for (const auto& file : disk.files()) {
    const auto size = disk.content(file)->size();
    for (std::size_t at = 0; at < size; at += 3) {
      const auto broken = disk.copy();
      broken->flip(file, at, 0x81);
      auto opened = Log::open(*broken, dir, config, early, false);
      ASSERT_TRUE(opened) << file << " byte " << at << ": " << opened.error().message;
      EXPECT_EQ(opened->report.cut_bytes, 0U) << file << " byte " << at;
      log = std::move(opened->log);
      EXPECT_EQ(check(1), "") << file << " byte " << at;
      EXPECT_GE(log->end(), known->durable_end) << file << " byte " << at;
      log.reset();
      if (HasFailure()) return;
    }
  }
}

TEST_F(BitRot, IsReportedWithTheRangeThatIsLost) {
  furnish();
  const auto second = batches.begin()->second.size();
  disk.flip(path(0), second + 70, 0x01);
  open(true);
  EXPECT_TRUE(log->damaged().empty()) << "nobody has looked yet";
  EXPECT_EQ(log->read(Offset(3), 1, log->end(), true).error().code, Errc::corrupt);
  ASSERT_EQ(log->damaged().size(), 1U);
  EXPECT_EQ(log->damaged()[0].first, Offset(2));
  EXPECT_EQ(log->damaged()[0].next, Offset(4));
  EXPECT_EQ(log->damaged()[0].position, second);
  EXPECT_EQ(log->damaged()[0].segment, "00000000000000000000.log");
}

TEST_F(BitRot, OfAWholeSegmentFileLeavesTheOthersServed) {
  furnish();
  ASSERT_TRUE(disk.content(path(0)));
  disk.erase(path(0));
  open(true);
  const auto first = log->start();
  EXPECT_GT(first, Offset(0));
  EXPECT_EQ(log->read(first, 1, log->end(), true)->first, first);
}

}  // namespace
}  // namespace millrace::log
