#pragma once
// The events of dead letters, to be published again. Pure.

#include <string>
#include <string_view>
#include <vector>

#include "millrace/cloudevents/event.hpp"

namespace millrace::cli {

/// Takes away what a dead letter says of itself (docs/dead_letters.md): the event is as it was before it died.
void remove_marks(cloudevents::Event& event);

/// The events as JSON batches of at most `bytes_max` bytes each; one event that has more is alone.
[[nodiscard]] std::vector<std::string> batches_of(const std::vector<cloudevents::Event>& events, std::size_t bytes_max);

}  // namespace millrace::cli
