#pragma once
// Records of a batch that are put aside → letters. Pure, but for the form that says what a letter is.

#include <span>

#include "millrace/record/validate.hpp"
#include "millrace/runtime/quarantine.hpp"
#include "millrace/runtime/topology.hpp"

namespace millrace::runtime {

/// What of a batch is not fit for its topic. Borrowed.
struct Unfit {
  std::string_view topic;
  PartitionIndex partition = 0;
  std::span<const record::RecordFault> faults;  ///< ascending, not empty
};

/// The letters lie in partitions as the records would; where there are fewer, they share them.
[[nodiscard]] PartitionIndex partition_of_letters(const HostedTopic& quarantine, PartitionIndex source);

/// Borrows everything but `quarantine`, for as long as letters are asked for. Letters are compressed as their batch
/// was, unless their topic says otherwise. Requires: record::validate has passed `batch`.
[[nodiscard]] PutAside put_aside(const QuarantineForm& form, const HostedTopic& quarantine, const Unfit& unfit,
                                 const record::BatchHeader& header, ByteView batch, Timestamp now);

/// Makes the letters for a batch at `expected` at once, so that no lock is held meanwhile if it comes to lie there.
void prepare_letters(PutAside& aside, Offset expected);

}  // namespace millrace::runtime
