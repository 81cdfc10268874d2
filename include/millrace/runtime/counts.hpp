#pragma once
// What the engine counts while it works. Shared: any thread adds, and any thread reads.

#include <array>
#include <cstddef>
#include <cstdint>

#include "millrace/core/counting.hpp"
#include "millrace/core/error_code.hpp"

namespace millrace::runtime {

/// What went into a partition and out of it.
struct Traffic {
  Counter received_bytes;
  Counter received_records;
  Counter sent_bytes;
  Counter sent_records;
  Counter quarantined_records;  ///< that were put aside instead of being appended
};

/// What became of flushes.
struct FlushCounts {
  Durations queued;  ///< from the submission to the beginning
  Durations took;
  Counter failed;
};

/// Why parts of produce requests were not appended.
class RefusalCounts {
 public:
  /// Every error that a part may be refused with; what is none of them is counted as the last.
  static constexpr std::array errors{ErrorCode::corrupt_message,
                                     ErrorCode::invalid_record,
                                     ErrorCode::invalid_timestamp,
                                     ErrorCode::message_too_large,
                                     ErrorCode::record_list_too_large,
                                     ErrorCode::unsupported_compression_type,
                                     ErrorCode::out_of_order_sequence_number,
                                     ErrorCode::invalid_producer_epoch,
                                     ErrorCode::invalid_txn_state,
                                     ErrorCode::policy_violation,
                                     ErrorCode::transactional_id_authorization_failed,
                                     ErrorCode::invalid_topic_exception,
                                     ErrorCode::unknown_topic_or_partition,
                                     ErrorCode::unknown_topic_id,
                                     ErrorCode::leader_not_available,
                                     ErrorCode::kafka_storage_error,
                                     ErrorCode::unknown_server_error};

  void add(ErrorCode error) noexcept {
    std::size_t at = 0;
    while (at + 1 < errors.size() && errors[at] != error) ++at;
    counts_[at].add();
  }
  [[nodiscard]] std::uint64_t of(std::size_t index) const noexcept { return counts_[index].value(); }

 private:
  std::array<Counter, errors.size()> counts_;
};

}  // namespace millrace::runtime
