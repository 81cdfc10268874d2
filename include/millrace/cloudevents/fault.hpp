#pragma once
// What is wrong with an event of a stranger: where, by which rule, and what to tell them. Values.
//
// A fault becomes one entry of `errors[]` in a problem document (RFC 9457), or the message of INVALID_RECORD. Rule ids
// are those of docs/cloudevents.md. All texts are escaped, cut and fit to be printed.

#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/result.hpp"

namespace millrace::cloudevents {

/// In order of precedence: see problem_of().
enum class Problem {
  unsupported_event_format,  ///< application/cloudevents…, but no format that is known here
  malformed_event,           ///< not what its format asks for: not JSON, both data and data_base64
  invalid_batch,             ///< an event of the batch is wrong; or their versions differ
  invalid_header_encoding,   ///< escapes that are not UTF-8
  not_a_cloudevent,          ///< none of the required attributes is there
  unsupported_specversion,
  invalid_cloudevent,  ///< an attribute breaks a rule
};

/// "invalid-cloudevent": the last part of urn:millrace:problem:….
[[nodiscard]] std::string_view slug_of(Problem problem) noexcept;

struct Fault {
  Problem problem = Problem::invalid_cloudevent;
  std::string pointer{};  ///< into the JSON: "/time", "/1/time" in a batch; empty for the whole, and for headers
  std::string header{};   ///< "ce-time" or "ce_time" when it came in one
  std::string rule{};     ///< "CORE-19"
  std::string detail{};   ///< names the field, the value and the rule
};

/// At least one; at most `faults_max` are listed, because each costs far more memory than the byte that earned it.
using Faults = std::vector<Fault>;
inline constexpr std::size_t faults_max = 100;

template <class T>
using Judged = tl::expected<T, Faults>;

/// The one problem that stands for all: the first in the order of Problem. Requires: !faults.empty().
[[nodiscard]] Problem problem_of(const Faults& faults);

}  // namespace millrace::cloudevents
