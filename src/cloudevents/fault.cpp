#include "millrace/cloudevents/fault.hpp"

#include <algorithm>

namespace millrace::cloudevents {

std::string_view slug_of(Problem problem) noexcept {
  switch (problem) {
    case Problem::unsupported_event_format: return "unsupported-event-format";
    case Problem::malformed_event: return "malformed-event";
    case Problem::invalid_batch: return "invalid-batch";
    case Problem::invalid_header_encoding: return "invalid-header-encoding";
    case Problem::not_a_cloudevent: return "not-a-cloudevent";
    case Problem::unsupported_specversion: return "unsupported-specversion";
    case Problem::invalid_cloudevent: return "invalid-cloudevent";
  }
  return "invalid-cloudevent";
}

Problem problem_of(const Faults& faults) {
  const auto first = std::min_element(
      faults.begin(), faults.end(), [](const Fault& left, const Fault& right) { return left.problem < right.problem; });
  return first == faults.end() ? Problem::invalid_cloudevent : first->problem;
}

}  // namespace millrace::cloudevents
