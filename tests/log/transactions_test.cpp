#include <map>

#include "log/log_bench.hpp"

namespace millrace::log {
namespace {

/// "P7" is a transactional batch of producer 7, "A7" and "C7" its abort and commit markers, "-" a plain batch.
class LogTransactions : public LogBench {
 protected:
  void write(std::string_view script) {
    std::istringstream in{std::string(script)};
    for (std::string word; in >> word;) {
      if (word == "-") {
        append("plain");
        continue;
      }
      const ProducerId producer = std::stoll(word.substr(1));
      const bool marker = word[0] != 'P';
      record::BatchBuilder builder;
      const Bytes key{std::byte{0}, std::byte{0}, std::byte{0}, std::byte{word[0] == 'C'}};
      builder.add({.timestamp = 1, .key = ByteView(key), .value = as_bytes("value"), .headers = {}});
      builder.set_producer(producer, 0, marker ? -1 : sequences[producer]++);
      builder.set_attributes(true, marker);
      Bytes batch = builder.finish();
      ASSERT_TRUE(log->append(batch, 0, wall));
    }
  }

  void tell(std::int64_t producer, std::int64_t first, std::int64_t marker, std::int64_t stable) {
    ASSERT_TRUE(log->append_aborted({producer, Offset(first), Offset(marker), Offset(stable)}));
  }

  /// "7:1-3" for producer 7, from offset 1 to its marker at 3.
  std::string aborted(std::int64_t from, std::int64_t below) {
    const auto found = log->aborted(Offset(from), Offset(below));
    if (!found) return found.error().message;
    std::string text;
    for (const auto& entry : *found) {
      text += (text.empty() ? "" : " ") + std::to_string(entry.producer_id) + ":" +
              std::to_string(entry.first_offset.value()) + "-" + std::to_string(entry.last_offset.value());
    }
    return text;
  }

  std::map<ProducerId, std::int32_t> sequences;
};

TEST_F(LogTransactions, AreFoundWhereTheyOverlap) {
  write("- P7 - A7 P8 A8 -");
  tell(7, 1, 3, 4);
  tell(8, 4, 5, 6);
  EXPECT_EQ(aborted(0, 7), "7:1-3 8:4-5");
  EXPECT_EQ(aborted(0, 4), "7:1-3");
  EXPECT_EQ(aborted(4, 7), "8:4-5");
  EXPECT_EQ(aborted(6, 7), "");
  EXPECT_EQ(aborted(0, 1), "");
}

TEST_F(LogTransactions, ComeInOrderOfTheirFirstOffset) {
  write("P7 P8 A8 A7");
  tell(8, 1, 2, 0);
  tell(7, 0, 3, 4);
  EXPECT_EQ(aborted(0, 4), "7:0-3 8:1-2");
}

TEST_F(LogTransactions, AreKnownOnceHoweverOftenTheyAreTold) {
  write("P7 A7");
  tell(7, 0, 1, 2);
  tell(7, 0, 1, 2);
  EXPECT_EQ(aborted(0, 2), "7:0-1");
}

TEST_F(LogTransactions, CrossSegments) {
  write("P7");
  fill_segment();
  fill_segment();
  const auto marker = log->end().value();
  write("A7");
  tell(7, 0, marker, marker + 1);
  EXPECT_EQ(aborted(0, 1), "7:0-" + std::to_string(marker));
}

TEST_F(LogTransactions, SurviveACleanEnd) {
  write("P7 A7");
  tell(7, 0, 1, 2);
  fill_segment();
  close_and_reopen();
  EXPECT_EQ(aborted(0, 2), "7:0-1");
}

TEST_F(LogTransactions, AreFoundInTheBatchesWhenTheirIndexDidNotSurvive) {
  write("P7 P8 C7 P7 - A8 A7 -");
  flush();
  crash();
  EXPECT_EQ(aborted(0, 8), "8:1-5 7:3-6");
}

TEST_F(LogTransactions, AreFoundAcrossSegmentsWhenTheirIndexDidNotSurvive) {
  write("P7 A7 P7");
  fill_segment();
  write("A7");
  flush();
  const auto marker = log->end().value() - 1;
  crash();
  EXPECT_EQ(aborted(0, log->end().value()), "7:0-1 7:2-" + std::to_string(marker));
}

TEST_F(LogTransactions, WithoutARecordHereHaveNothingToAbort) {
  write("- A9 -");
  flush();
  crash();
  EXPECT_EQ(aborted(0, 3), "");
}

TEST_F(LogTransactions, RefuseAMarkerThatIsNotInTheLog) {
  write("P7");
  const auto told = log->append_aborted({7, Offset(0), Offset(1), Offset(2)});
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error().code, Errc::invalid);
}

}  // namespace
}  // namespace millrace::log
