#pragma once
// What whoever publishes events is told: where they went, or why not. Pure.

#include "event_limits.hpp"
#include "event_record.hpp"
#include "json.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/runtime/requests.hpp"

namespace millrace::http::routes {

enum class Acks { all, leader, none };

/// The parameters of a request to publish.
struct PublishWish {
  std::optional<std::string> key;
  std::optional<PartitionIndex> partition;
  Acks acks = Acks::all;
  Milliseconds patience{event_limits::publish_ms_max};
  std::string spread{};                 ///< events without a key go where it says, so that they spread
  bool is_minimal = false;              ///< Prefer: return=minimal
  std::optional<RequestTrace> trace{};  ///< of the request
};

/// Where an event went that its topic does not let pass.
struct PutAsideEvent {
  std::string topic;
  PartitionIndex partition = 0;
  Offset offset = no_offset;  ///< none: it was not waited for
  std::string reason;
};

/// Where each event of a request went.
struct Stored {
  PartitionIndex partition = 0;
  std::optional<Offset> offset;  ///< nothing when it was not waited for, or not stored
  bool is_duplicate = false;     ///< it was there before, at that offset
  std::optional<Problem> problem;
  std::optional<PutAsideEvent> quarantined{};  ///< then it is not in the topic, and has no offset there
};

[[nodiscard]] Json json_of(const PutAsideEvent& quarantined);
[[nodiscard]] Problem too_large(std::size_t bytes, std::int32_t most);
[[nodiscard]] Problem key_required();
[[nodiscard]] Problem too_slow(Milliseconds patience);
[[nodiscard]] Problem unknown_topic(const std::string& name);
/// What a reader is told when the log cannot be read, or is gone.
[[nodiscard]] Problem of_read(ErrorCode error, const std::string& message);
/// Of a batch that the engine refused.
[[nodiscard]] Problem of_append(const broker::AppendAnswer& append);

[[nodiscard]] Response answer_one(const std::string& topic, const PublishWish& wish, const cloudevents::Event& event,
                                  const EventRecord& record, const Stored& stored);
/// `id` is the request's.
[[nodiscard]] Response answer_batch(const PublishWish& wish, const std::vector<Stored>& stored, const std::string& id);

}  // namespace millrace::http::routes
