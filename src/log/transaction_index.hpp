#pragma once
// The aborted transactions whose abort marker lies in one segment, by ascending marker offset (Kafka's .txnindex).
// Owned by its segment.

#include <vector>

#include "millrace/core/bytes.hpp"
#include "millrace/core/result.hpp"
#include "millrace/log/log.hpp"

namespace millrace::log {

class TransactionIndex {
 public:
  /// False when this very marker is known already. An entry out of order is sorted in: recovery may tell us late.
  bool insert(const AbortedTransaction& transaction);
  [[nodiscard]] const std::vector<AbortedTransaction>& entries() const { return entries_; }
  [[nodiscard]] bool empty() const { return entries_.empty(); }

  [[nodiscard]] Bytes encode() const;
  /// The whole entries up to the first that makes no sense in a segment [base, next); a torn last one is no failure.
  [[nodiscard]] static TransactionIndex decode(ByteView bytes, Offset base, Offset next);

 private:
  std::vector<AbortedTransaction> entries_;
};

}  // namespace millrace::log
