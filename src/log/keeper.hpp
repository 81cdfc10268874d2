#pragma once
// What compaction keeps of each batch: the rules of docs/formats/compaction.md and nothing else. No file, no clock.
//
// Batches are shown in the order of the log: first those from the mark on, with learn(), until one does not fit; then
// all from the first on, with judge(). Owned by one pass.

#include <unordered_map>
#include <unordered_set>

#include "millrace/log/compaction.hpp"
#include "millrace/log/log.hpp"
#include "offset_map.hpp"

namespace millrace::log {

/// Which batches belong to transactions that were aborted; asked in the order of the log.
class AbortedSweep {
 public:
  /// Ascending by their first offset.
  explicit AbortedSweep(const std::vector<AbortedTransaction>& transactions) : transactions_(transactions) {}
  [[nodiscard]] bool covers(const record::BatchHeader& batch);

 private:
  const std::vector<AbortedTransaction>& transactions_;
  std::size_t next_ = 0;
  std::unordered_map<ProducerId, Offset> until_;  ///< of the transaction that began last
};

class Keeper {
 public:
  struct Facts {
    Offset dirty_from;                        ///< keys count from here on
    std::vector<LastBatch> producers;         ///< whose last batch must stay
    std::vector<AbortedTransaction> aborted;  ///< ascending by their first offset
    std::int64_t tombstone_ms = 0;
    Timestamp wall_now = 0;
  };
  Keeper(Facts facts, OffsetMap map);
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;

  /// Takes note of the keys. False when there was no room for all of them: then end() lies in this batch.
  [[nodiscard]] bool learn(const record::BatchHeader& header, ByteView batch);
  /// Everything below was learned; records from here on stay whatever they are.
  void learned_to(Offset end) { end_ = end; }
  [[nodiscard]] Offset end() const { return end_; }

  enum class Fate { stays, changes, goes };
  /// With Fate::changes, `to` is what the batch becomes.
  [[nodiscard]] Fate judge(const record::BatchHeader& header, ByteView batch, Bytes& to);

  /// When all tombstones that were kept may go.
  [[nodiscard]] Timestamp latest_horizon() const { return latest_horizon_; }

 private:
  [[nodiscard]] bool is_last_of_producer(const record::BatchHeader& header) const;
  [[nodiscard]] Fate judge_control(const record::BatchHeader& header, ByteView batch, Bytes& to);
  [[nodiscard]] Fate judge_records(const record::BatchHeader& header, ByteView batch, Bytes& to);
  [[nodiscard]] Fate without_records(const record::BatchHeader& header, Bytes& to) const;
  [[nodiscard]] Fate with_horizon(const record::BatchHeader& header, ByteView records, const std::vector<bool>& keep,
                                  Bytes& to);
  [[nodiscard]] bool may_go(const record::BatchHeader& header) const;
  [[nodiscard]] bool is_superseded(Offset offset, ByteView key) const;

  Facts facts_;
  OffsetMap map_;
  Offset end_;
  std::unordered_map<ProducerId, LastBatch> last_;
  AbortedSweep learning_;
  AbortedSweep judging_;
  std::unordered_set<ProducerId> with_data_;  ///< producers of whose present transaction something stays
  Bytes room_;
  Timestamp latest_horizon_ = no_timestamp;
};

}  // namespace millrace::log
