#include "log/log_bench.hpp"

namespace millrace::log {
namespace {

class LogLookup : public LogBench {
 protected:
  std::string at(Timestamp timestamp, std::optional<std::int64_t> below = std::nullopt) {
    return text(log->find_timestamp(timestamp, below ? Offset(*below) : log->end()));
  }
  std::string newest(std::optional<std::int64_t> below = std::nullopt) {
    return text(log->find_max_timestamp(below ? Offset(*below) : log->end()));
  }
  static std::string text(const Result<std::optional<TimeLookup>>& found) {
    if (!found) return found.error().message;
    if (!*found) return "none";
    return std::to_string((*found)->offset.value()) + "@" + std::to_string((*found)->timestamp);
  }
};

TEST_F(LogLookup, FindsTheFirstRecordAtOrAfterATimestamp) {
  append("a b c", 100);  // 100 101 102
  append("d e", 200);
  EXPECT_EQ(at(0), "0@100");
  EXPECT_EQ(at(101), "1@101");
  EXPECT_EQ(at(103), "3@200");
  EXPECT_EQ(at(201), "4@201");
  EXPECT_EQ(at(202), "none");
}

TEST_F(LogLookup, StopsAtTheBound) {
  append("a", 100);
  append("b", 200);
  EXPECT_EQ(at(150, 1), "none");
  EXPECT_EQ(at(150, 2), "1@200");
  EXPECT_EQ(newest(1), "0@100");
  EXPECT_EQ(newest(0), "none");
}

TEST_F(LogLookup, FindsRecordsWhoseTimestampsAreOutOfOrder) {
  append("a", 500);
  append("b", 300);
  append("c", 700);
  append("d", 100);
  EXPECT_EQ(at(400), "0@500");
  EXPECT_EQ(at(600), "2@700");
  EXPECT_EQ(newest(), "2@700");
}

TEST_F(LogLookup, NamesTheFirstOfEqualTimestamps) {
  append("a", 100);
  append("b", 200);
  append("c", 200);
  EXPECT_EQ(at(200), "1@200");
  EXPECT_EQ(newest(), "1@200");
}

/// Every timestamp in a log of many segments, before and after the indexes come from files.
TEST_F(LogLookup, IsExactThroughSegmentsAndIndexes) {
  for (int i = 0; i < 80; ++i) append("a b", 1000 + 10 * i);
  ASSERT_GT(log->segment_count(), 4U);
  for (const bool from_files : {false, true}) {
    if (from_files) close_and_reopen();
    for (int i = 0; i < 80; ++i) {
      const auto expected = std::to_string(2 * i) + "@" + std::to_string(1000 + 10 * i);
      EXPECT_EQ(at(1000 + 10 * i - 5), expected) << from_files;
      EXPECT_EQ(at(1000 + 10 * i), expected) << from_files;
    }
    EXPECT_EQ(newest(), "159@1791") << from_files;
  }
}

TEST_F(LogLookup, LeavesOutWhatLiesBelowTheLogStart) {
  append("a b c", 300);  // 300 301 302
  append("d", 100);
  flush();
  ASSERT_TRUE(log->advance_start(Offset(1)));
  EXPECT_EQ(at(0), "1@301");
  EXPECT_EQ(newest(), "2@302");
  ASSERT_TRUE(log->advance_start(Offset(3)));
  EXPECT_EQ(newest(), "3@100");
}

TEST_F(LogLookup, UsesTheAppendTimeOfATopicThatStampsIt) {
  Bytes batch = batch_of("a b", 100);
  record::stamp_timestamp(batch, record::TimestampType::log_append_time, 900);
  ASSERT_TRUE(log->append(batch, 0, wall));
  EXPECT_EQ(at(500), "0@900");
  EXPECT_EQ(newest(), "0@900");
}

TEST_F(LogLookup, FindsNothingInAnEmptyLog) {
  EXPECT_EQ(at(0), "none");
  EXPECT_EQ(newest(), "none");
}

using LogEpochs = LogBench;

TEST_F(LogEpochs, EndWhereTheNextOneBegins) {
  append("a b", {}, 0);
  append("c", {}, 3);
  append("d e", {}, 5);
  EXPECT_EQ(log->latest_epoch(), 5);
  EXPECT_EQ(log->end_of_epoch(0), std::pair(0, Offset(2)));
  EXPECT_EQ(log->end_of_epoch(2), std::pair(0, Offset(2)));
  EXPECT_EQ(log->end_of_epoch(3), std::pair(3, Offset(3)));
  EXPECT_EQ(log->end_of_epoch(5), std::pair(5, Offset(5)));
  EXPECT_EQ(log->end_of_epoch(6), std::pair(-1, no_offset));
  EXPECT_EQ(log->end_of_epoch(-1), std::pair(-1, no_offset));
}

TEST_F(LogEpochs, NeverGoBack) {
  append("a", {}, 4);
  Bytes batch = batch_of("b", 1);
  EXPECT_EQ(log->append(batch, 3, wall).error().code, Errc::invalid);
  EXPECT_EQ(append("c", {}, 4), Offset(1));
}

TEST_F(LogEpochs, SurviveACrashWithTheirRecordsAndNotWithout) {
  append("a", {}, 1);
  flush();
  append("b", {}, 2);
  crash();
  EXPECT_EQ(log->latest_epoch(), 1);
  append("c", {}, 1);
  EXPECT_EQ(read(), "0:a 1:c");
}

TEST_F(LogEpochs, AreForgottenWhenACrashTookAllTheirRecords) {
  append("a", {}, 7);
  const std::string epochs = std::string(dir) + "/epochs";
  ASSERT_TRUE(disk.content(epochs).has_value());
  log.reset();
  disk.restart();
  disk.erase(path(0));
  open();
  EXPECT_EQ(append("b", {}, 3), Offset(0)) << "nobody has records of epoch 7";
  EXPECT_EQ(log->end_of_epoch(7), std::pair(-1, no_offset));
}

}  // namespace
}  // namespace millrace::log
