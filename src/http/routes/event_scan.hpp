#pragma once
// Stored batches → the events in them. Reads a file and inflates, so not for network threads; otherwise pure.

#include <string>
#include <vector>

#include "event_selection.hpp"
#include "millrace/cloudevents/kafka.hpp"
#include "millrace/cloudevents/media_type.hpp"
#include "millrace/cloudevents/plain_record.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/runtime/file_range.hpp"
#include "millrace/runtime/topology.hpp"

namespace millrace::http::routes {

/// An event and the record that holds it.
struct ReadEvent {
  PartitionIndex partition = 0;
  Offset offset;
  Timestamp timestamp = no_timestamp;
  std::optional<std::string> key{};
  cloudevents::Event event{};
  bool is_event = true;                                    ///< false: a record that is none, told as one
  std::string stored{};                                    ///< byte for byte, of one in structured mode; else empty
  cloudevents::Format format = cloudevents::Format::json;  ///< of `stored`
};

struct ScanRequest {
  std::string topic;
  PartitionIndex partition = 0;
  Offset from;
  std::size_t events_max = 0;
  std::size_t bytes_max = 0;  ///< of keys, attributes and data; the first event may have more
  EventSelection selection{};
  cloudevents::Unmarked unmarked = cloudevents::Unmarked::refused;
  bool adds_place = false;  ///< each event says where it is stored
};

/// What `unmarked` is in a topic.
[[nodiscard]] cloudevents::Unmarked unmarked_in(const runtime::HostedTopic& topic);

/// What readers are told of a record.
[[nodiscard]] ReadEvent event_of(const cloudevents::PlainRecord& record, std::string_view topic,
                                 cloudevents::Unmarked unmarked);

struct Scan {
  std::vector<ReadEvent> events;
  Offset next;            ///< where to go on: behind the last event that was looked at
  std::size_t bytes = 0;  ///< of the events
  std::size_t bytes_read = 0;
};

/// Events at or above `from` in their order; records that are no events are told as such (plain_record.hpp), those of
/// the broker's own making are passed over. Errc::io and Errc::corrupt.
[[nodiscard]] Result<Scan> scan_events(const runtime::FileRange& slice, const ScanRequest& request);

}  // namespace millrace::http::routes
