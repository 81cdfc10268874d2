#pragma once
// Records on their way to one topic: which batch each is in, and what has become of it. Owned.

#include <optional>
#include <string>
#include <vector>

#include "millrace/delivery/event.hpp"
#include "millrace/forward/copy.hpp"
#include "millrace/runtime/broker_runtime.hpp"
#include "millrace/runtime/delivery_runtime.hpp"

namespace millrace::forward {

/// An event that was handed out, and its record.
struct Cargo {
  runtime::DeliveryLock lock;
  record::OwnedRecord record;
};

struct Consignment {
  PartitionIndex partition = 0;
  Bytes batch;
  std::vector<std::size_t> cargo;  ///< indices, in the order of the records
};

/// `key_attribute` names an attribute whose value becomes the key; empty: the record keeps its own. Batches of at most
/// `batch_bytes_max` bytes, about, but that one record always has a batch. Requires: partitions > 0.
[[nodiscard]] std::vector<Consignment> pack(const std::vector<Cargo>& cargo, std::string_view subscription,
                                            std::string_view topic, std::string_view key_attribute,
                                            std::int32_t partitions, std::size_t batch_bytes_max);

/// What an answer says of the event in a batch of its own.
struct Verdict {
  enum class Fate { arrived, failed, rejected } fate = Fate::arrived;
  delivery::FailedAttempt failure{};
};
[[nodiscard]] Verdict judge(const runtime::ProducePartAnswer& answer, std::string_view topic);

}  // namespace millrace::forward
