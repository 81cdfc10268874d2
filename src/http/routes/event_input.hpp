#pragma once
// The events that a request brings: one in binary or structured mode, or a batch. Pure.

#include <span>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "message.hpp"
#include "millrace/cloudevents/event.hpp"
#include "millrace/cloudevents/fault.hpp"
#include "millrace/cloudevents/http.hpp"
#include "millrace/cloudevents/media_type.hpp"
#include "millrace/core/time.hpp"
#include "problem.hpp"

namespace millrace::http::routes {

struct EventInput {
  cloudevents::Mode mode = cloudevents::Mode::binary;
  cloudevents::Format format = cloudevents::Format::json;  ///< unless the mode is binary
  std::vector<cloudevents::Event> events{};                ///< one, unless it is a batch
  /// Each in its format, byte for byte as it was sent, borrowed from the request's body; empty in binary mode.
  std::vector<std::string_view> texts{};
  /// What is kept of the request beside them: record headers.
  std::vector<std::pair<std::string, std::string>> beside{};
};

/// What stands behind a name of the header section; nothing when it is not there.
[[nodiscard]] std::optional<std::string_view> field_of(const Request& request, std::string_view name);

/// What its sender is told of them.
[[nodiscard]] Problem refusal_of_faults(const cloudevents::Faults& faults);

/// How requests that bring events are read.
struct InputRules {
  cloudevents::Strictness strictness = cloudevents::Strictness::lenient;
  bool takes_raw = false;                 ///< a request in binary mode without any required attribute becomes an event
  std::span<const std::string> fields{};  ///< of the header section, those that are kept
  std::string topic{};
  Timestamp now = 0;
};

/// All events or none: one that is wrong refuses a whole batch. Adds to `forgiven` what was forgiven in header fields.
[[nodiscard]] tl::expected<EventInput, Problem> read_events(const Request& request, const InputRules& rules,
                                                            cloudevents::Leniencies& forgiven);

/// What `Accept-Post` says.
inline constexpr std::string_view accepted_types =
    "*/*, application/cloudevents+json, application/cloudevents-batch+json, application/cloudevents+protobuf, "
    "application/cloudevents-batch+protobuf";

}  // namespace millrace::http::routes
