#pragma once
// A record that is no CloudEvent, as one: every reader of events can read every topic. The same record is always the
// same event. The shape is Knative's, so that what was written for it finds its names. Pure.

#include "millrace/cloudevents/event.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/core/time.hpp"
#include "millrace/record/record.hpp"

namespace millrace::cloudevents {

/// A record of a log; borrows its bytes.
struct PlainRecord {
  PartitionIndex partition = 0;
  Offset offset;
  Timestamp timestamp = no_timestamp;
  record::RecordView view{};
};

inline constexpr std::string_view plain_record_type = "dev.millrace.record";

/// id "partition:2/offset:17", source "/topics/<topic>", subject "partition:2#17", time that of the record; the key as
/// partitionkey, a header "Trace-Id" as kafkaheadertraceid and content-type as datacontenttype, where they are texts
/// that an attribute can hold; the value as data.
[[nodiscard]] Event event_of_plain(const PlainRecord& record, std::string_view topic);

/// Says in the event where it is stored, in the words of CloudEvents' SDK for Go: kafkatopic, kafkapartition and
/// kafkaoffset, in place of what an earlier reader may have left there.
void add_place(Event& event, std::string_view topic, PartitionIndex partition, Offset offset);

}  // namespace millrace::cloudevents
