#pragma once
// What the doors ask of the engine and what they get back: values, free of wire versions. Parts of an answer stand in
// the order of the parts of the request.

#include <memory>
#include <string>
#include <vector>

#include "millrace/broker/partition_answers.hpp"
#include "millrace/core/bytes.hpp"
#include "millrace/record/validate.hpp"
#include "millrace/runtime/callback.hpp"
#include "millrace/runtime/topology.hpp"

namespace millrace::runtime {

struct ProducePart {
  TopicRef topic;
  PartitionIndex partition = 0;
  MutableBytes records;  ///< borrowed for the call of produce() only
};

struct ProduceRequest {
  std::vector<ProducePart> parts;
  bool wait_for_disk = true;  ///< acks 1 and all; false for acks 0: the answer comes when the write was tried
  bool zstd_allowed = true;   ///< Produce version 7 and later
  bool by_broker = false;     ///< to broker::notices_topic, which nobody else may write
};

/// What became of a record that its topic does not let pass and puts aside.
struct Quarantined {
  std::int32_t index = 0;  ///< in its batch
  std::string reason;
  Offset letter = no_offset;  ///< in the dead-letter topic; none: the batch was here before, and the letter with it
};

struct ProducePartAnswer {
  broker::AppendAnswer append;
  std::vector<record::RecordFault> faults;
  std::vector<Quarantined> quarantined{};  ///< ascending; of a batch that was stored
  std::string quarantine_topic{};          ///< set when there are any
  PartitionIndex quarantine_partition = 0;
};

using ProduceDone = Callback<void(std::vector<ProducePartAnswer>)>;

/// Once for all parts of a topic: a name may be long, and parts many.
using FetchTopicPtr = std::shared_ptr<const TopicRef>;

struct FetchPart {
  FetchTopicPtr topic;
  PartitionIndex partition = 0;
  Offset offset;
  std::int32_t max_bytes = 0;
  LeaderEpoch current_leader_epoch = -1;
  LeaderEpoch last_fetched_epoch = -1;
};

struct FetchRequest {
  std::vector<FetchPart> parts;
  std::int32_t min_bytes = 0;
  std::int32_t max_bytes = 0;
  Milliseconds max_wait{0};
  broker::Isolation isolation = broker::Isolation::read_uncommitted;
  bool for_follower = false;
};

using FetchDone = Callback<void(std::vector<broker::FetchAnswer>)>;

/// Gives up a parked request whose client is gone; its FetchDone is destroyed uncalled. Callable once or never.
using Cancel = std::function<void()>;

using CreateDone = Callback<void(std::vector<broker::CreateAnswer>)>;
using AlterDone = Callback<void(std::vector<broker::AlterAnswer>)>;
using DeleteDone = Callback<void(std::vector<broker::DeleteAnswer>)>;

struct DeleteRecordsPart {
  std::string topic;
  PartitionIndex partition = 0;
  Offset before;               ///< -1: the high watermark
  bool validate_only = false;  ///< judged and answered, and nothing goes
};
using DeleteRecordsDone = Callback<void(std::vector<broker::DeleteRecordsAnswer>)>;

struct ProducerIdAnswer {
  ErrorCode error = ErrorCode::none;
  ProducerId id = -1;
};
using ProducerIdDone = Callback<void(ProducerIdAnswer)>;

}  // namespace millrace::runtime
