#pragma once
// The request line and the header fields of a request. Pure.

#include <string>
#include <string_view>

#include "millrace/core/result.hpp"
#include "millrace/sender/sender.hpp"

namespace millrace::sender {

/// Up to the empty line. Errc::invalid names what would make another request of it, or is the connection's own; never a
/// field's value.
[[nodiscard]] Result<std::string> head_of(const subscriptions::SinkUrl& sink, const Outgoing& request,
                                          std::string_view version);

/// As in Host: with brackets where they belong, and the port unless it is the scheme's own.
[[nodiscard]] std::string authority_of(const subscriptions::SinkUrl& sink);

}  // namespace millrace::sender
