#pragma once
// The events of a batch that is to be appended: which ones they are, and the batch without those that are there
// already. What takes long of recognising repeats is done here, before a partition is locked.
//
// Pure functions of a batch that record::validate or record::check_stored has passed.

#include "millrace/broker/event_ids.hpp"
#include "millrace/broker/topic_config.hpp"
#include "millrace/record/batch.hpp"

namespace millrace::broker {

/// What is known of a batch before it is appended.
struct BatchEvents {
  EventHashes hashes;
  FirstCopies firsts;  ///< of those that Partition::find_repeats() has found and without_repeats() has taken out
};

struct EventInBatch {
  std::int32_t index = 0;
  std::int32_t offset_delta = 0;
  Hash128 hash;
};

/// Also of a stored batch. Nothing of one in a transaction, which may yet be aborted. `topic` says what counts as an
/// event.
[[nodiscard]] std::vector<EventInBatch> events_of(const record::BatchHeader& header, ByteView batch, const SipKey& key,
                                                  const EventSettings& topic = {});
[[nodiscard]] EventHashes hashes_of(const record::BatchHeader& header, ByteView batch, const SipKey& key,
                                    const EventSettings& topic = {});

/// The same batch without the records whose first copy is elsewhere; what stays has the offset and the sequence that it
/// would have. Where all of them go it has no records and remembers the sequence of its producer, or is no batch at
/// all, empty, if it has no producer. Requires: `firsts` is not empty.
[[nodiscard]] Bytes without_repeats(const record::BatchHeader& header, ByteView batch, const FirstCopies& firsts);

/// The same without the records at `aside` as well, ascending. Their offsets stay theirs, so a batch of which nothing
/// is left stays one without records. Requires: `aside` is not empty, and within the batch.
[[nodiscard]] Bytes without_unfit(const record::BatchHeader& header, ByteView batch, const FirstCopies& firsts,
                                  const std::vector<std::int32_t>& aside);

}  // namespace millrace::broker
