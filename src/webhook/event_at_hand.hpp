#pragma once
// A record as the event that is sent of it. Pure.

#include <string>

#include "millrace/cloudevents/event.hpp"
#include "millrace/cloudevents/kafka.hpp"
#include "millrace/cloudevents/plain_record.hpp"

namespace millrace::webhook {

struct EventAtHand {
  cloudevents::Event event{};  ///< a record that is none is told as one, as to every reader
  std::string stored_json{};   ///< the event as it is stored, if that is JSON
};

/// `topic` is where it lies, and `unmarked` what that takes for an event.
[[nodiscard]] EventAtHand event_at_hand(const cloudevents::PlainRecord& record, const std::string& topic,
                                        cloudevents::Unmarked unmarked);

}  // namespace millrace::webhook
