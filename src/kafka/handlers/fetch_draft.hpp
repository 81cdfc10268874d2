#pragma once
// The answer to a Fetch under construction, with what its records borrow until it is sent.
// Owned by one fetch; knows the wire's versions and nothing of sessions.

#include <vector>

#include "millrace/broker/partition_answers.hpp"
#include "millrace/protocol/messages/fetch.hpp"
#include "millrace/runtime/file_range.hpp"
#include "millrace/runtime/topology.hpp"

namespace millrace::kafka::handlers {

/// Newer versions name topics by id (KIP-516).
[[nodiscard]] constexpr bool fetches_by_id(std::int16_t version) { return version >= 13; }

class FetchDraft {
 public:
  FetchDraft(std::int16_t version, std::size_t partitions) : version_(version) { copies_.reserve(partitions); }
  FetchDraft(const FetchDraft&) = delete;
  FetchDraft& operator=(const FetchDraft&) = delete;
  ~FetchDraft() = default;

  /// Adds what `answer` says of a partition, behind those of the same topic when they were the last.
  void add(const runtime::TopicRef& topic, PartitionIndex partition, broker::FetchAnswer& answer);

  [[nodiscard]] protocol::FetchResponse& response() { return response_; }
  /// The bytes of the response's ExternalRecords, by slot.
  [[nodiscard]] std::vector<runtime::FileRange> take_ranges() { return std::move(ranges_); }

 private:
  [[nodiscard]] ErrorCode for_version(ErrorCode error) const;
  [[nodiscard]] bool attach(protocol::FetchResponse::Partition& into, runtime::FileRange range);

  std::int16_t version_;
  protocol::FetchResponse response_;
  std::vector<Bytes> copies_;  ///< borrowed: it must not move them, so there is room for all from the start
  std::vector<runtime::FileRange> ranges_;
};

}  // namespace millrace::kafka::handlers
