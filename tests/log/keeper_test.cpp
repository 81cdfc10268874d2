// Tombstones, producers and transactions under compaction.

#include <gmock/gmock.h>

#include "log/compaction_bench.hpp"

namespace millrace::log {
namespace {

constexpr std::int64_t day = 86'400'000;

class KeptRecords : public CompactionBench {
 protected:
  /// Another pass, which new records make due.
  void clean_again() {
    close_segment();
    EXPECT_TRUE(clean());
  }
  record::BatchHeader header_at(std::int64_t offset) {
    for (const auto& batch : batches()) {
      const auto header = record::read_header(batch);
      if (header.next_offset() > Offset(offset)) return header;
    }
    ADD_FAILURE() << "no batch at " << offset;
    return {};
  }
};

TEST_F(KeptRecords, ATombstoneStaysUntilItsHorizonHasPassed) {
  policy.tombstone_ms = 100 * config.segment_ms;
  put("a=1 b=1");
  put("a=-");
  close_segment();
  ASSERT_TRUE(clean());
  EXPECT_EQ(all(), "1:b=1 2:a=-");
  const auto horizon = wall + policy.tombstone_ms;
  EXPECT_EQ(header_at(2).delete_horizon(), horizon);
  EXPECT_EQ(done.mark.horizon, horizon);

  clean_again();
  EXPECT_EQ(all(), "1:b=1 2:a=-");
  EXPECT_EQ(header_at(2).delete_horizon(), horizon) << "it does not move on";

  wall = horizon;
  EXPECT_FALSE(clean());
  wall = horizon + 1;
  ASSERT_TRUE(clean()) << "that tombstones may go is reason enough";
  EXPECT_EQ(all(), "1:b=1");
  EXPECT_EQ(done.mark.horizon, no_timestamp);
  EXPECT_FALSE(clean());
}

TEST_F(KeptRecords, ATombstoneAboveWhatWasLearnedGetsNoHorizon) {
  limits.map_bytes = 0;  // three keys
  policy.tombstone_ms = 0;
  put("d=1");
  close_segment();
  limits.map_bytes = 1 << 20;
  ASSERT_TRUE(clean());
  limits.map_bytes = 0;
  put("a=1 b=1 c=1 d=-");
  close_segment();
  ASSERT_TRUE(clean());
  EXPECT_EQ(header_at(5).delete_horizon(), std::nullopt);
  wall += day;
  ASSERT_TRUE(clean());
  EXPECT_THAT(all(), testing::Not(testing::HasSubstr("0:d=1")));
  wall += day;
  while (clean()) wall += day;
  EXPECT_EQ(all(), "2:a=1 3:b=1 4:c=1");
}

TEST_F(KeptRecords, AKeyThatComesBackOutlivesItsTombstone) {
  put("a=1");
  put("a=-");
  put("a=2");
  close_segment();
  ASSERT_TRUE(clean());
  EXPECT_EQ(all(), "2:a=2");
}

TEST_F(KeptRecords, TheLastBatchOfAProducerStaysEmpty) {
  put("a=1 b=1", {.id = 7, .epoch = 2, .sequence = 10});
  put("a=2 b=2", {.id = 7, .epoch = 2, .sequence = 12});
  put("a=3 b=3");
  close_segment();
  producers = {{.producer_id = 7, .producer_epoch = 2, .base_offset = Offset(2)}};
  ASSERT_TRUE(clean());
  EXPECT_EQ(all(), "4:a=3 5:b=3");
  const auto last = header_at(2);
  EXPECT_EQ(last.record_count, 0);
  EXPECT_EQ(last.base_offset, Offset(2));
  EXPECT_EQ(last.producer_id, 7);
  EXPECT_EQ(last.producer_epoch, 2);
  EXPECT_EQ(last.last_sequence(), 13);
  EXPECT_TRUE(record::is_gap(header_at(0)));

  // Once it is not the last any more, or the producer is forgotten, it goes as well.
  producers.clear();
  clean_again();
  EXPECT_TRUE(record::is_gap(header_at(2)));
  EXPECT_EQ(header_at(0).next_offset(), Offset(4)) << "one gap for both";
}

TEST_F(KeptRecords, RecordsOfAnAbortedTransactionGoAndHideNothing) {
  put("a=1");
  const Offset first = put("a=2 b=2", {.id = 7, .transactional = true});
  end_transaction(7, first);
  close_segment();
  ASSERT_TRUE(clean());
  EXPECT_EQ(all(), "0:a=1 3:marker");
}

TEST_F(KeptRecords, RecordsOfACommittedTransactionCount) {
  put("a=1");
  put("a=2", {.id = 7, .transactional = true});
  end_transaction(7);
  put("b=1", {.id = 7, .sequence = 1, .transactional = true});
  end_transaction(7);
  close_segment();
  ASSERT_TRUE(clean());
  EXPECT_EQ(all(), "1:a=2 2:marker 3:b=1 4:marker");
  // As long as anything of a transaction is there, its marker is; then it goes as a tombstone does.
  put("a=3");
  clean_again();
  EXPECT_EQ(header_at(2).delete_horizon(), wall + policy.tombstone_ms);
  wall += policy.tombstone_ms + 1;
  ASSERT_TRUE(clean());
  const auto text = all();
  EXPECT_THAT(text, testing::StartsWith("3:b=1 4:marker"));
  crash();
  EXPECT_EQ(all(), text);
}

TEST_F(KeptRecords, AnAbortIsForgottenWithItsMarker) {
  const Offset first = put("a=2 b=2", {.id = 7, .transactional = true});
  end_transaction(7, first);
  close_segment();
  ASSERT_TRUE(clean());
  EXPECT_EQ(log->aborted(Offset(0), log->end())->size(), 1U);
  wall += policy.tombstone_ms + 1;
  ASSERT_TRUE(clean());
  EXPECT_EQ(all(), "");
  EXPECT_EQ(log->aborted(Offset(0), log->end())->size(), 0U);
  crash();
  EXPECT_EQ(log->aborted(Offset(0), log->end())->size(), 0U);
}

TEST_F(KeptRecords, TheMarkerThatAloneTellsOfAProducerStays) {
  const Offset marker = end_transaction(7);
  close_segment();
  producers = {{.producer_id = 7, .producer_epoch = 0}};
  ASSERT_TRUE(clean());
  wall += day * 30;
  clean_again();
  EXPECT_EQ(header_at(marker.value()).producer_id, 7);
  EXPECT_EQ(header_at(marker.value()).delete_horizon(), std::nullopt);
}

}  // namespace
}  // namespace millrace::log
