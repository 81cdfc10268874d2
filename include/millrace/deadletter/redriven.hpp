#pragma once
// A record that is written to its topic again, out of a dead letter: as it was, and with the mark of the redrive that
// brought it, so that it is not taken for a repeat of what it was before. A value, callable from anywhere.

#include <string_view>

#include "millrace/cloudevents/kafka.hpp"
#include "millrace/deadletter/letter.hpp"

namespace millrace::deadletter {

/// The header "dlredrive", and of an event the extension attribute of that name (cloudevents::redriven_attribute), with
/// `job` as its text; those of an earlier redrive go. No other byte changes. `unmarked`: what the topic takes for an
/// event.
[[nodiscard]] Record as_redriven(const Record& record, std::string_view job,
                                 cloudevents::Unmarked unmarked = cloudevents::Unmarked::refused);

}  // namespace millrace::deadletter
