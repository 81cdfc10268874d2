#pragma once
// The records of a log at given offsets, with bytes of their own: for who has been handed out those and no others.
//
// It reads the disk and inflates, so it is not for network threads. Any other thread.

#include <cstddef>
#include <span>
#include <vector>

#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "millrace/record/record.hpp"
#include "millrace/runtime/broker_runtime.hpp"

namespace millrace::runtime {

/// By ascending offset; `offsets` are ascending. What is not there any more is missing, and what is behind the first
/// `bytes_max` bytes of keys, values and headers is, too; the first record always has room. Errc::io and Errc::corrupt:
/// nothing further could be read; what came before it is given if there is any.
[[nodiscard]] Result<std::vector<record::OwnedRecord>> records_at(BrokerRuntime& broker, HostedPartition& partition,
                                                                  std::span<const Offset> offsets,
                                                                  std::size_t bytes_max);

}  // namespace millrace::runtime
