#pragma once
// Whether a request may become a WebSocket, and in which subprotocol. Pure.

#include <cstddef>
#include <span>
#include <string_view>
#include <tl/expected.hpp>

#include "message.hpp"
#include "problem.hpp"

namespace millrace::http::routes {

/// The first of `spoken` that the client offers, as its place. A problem: it asks for no WebSocket, offers none of
/// them, or is a page of another site.
[[nodiscard]] tl::expected<std::size_t, Problem> agree_on(const Request& request,
                                                          std::span<const std::string_view> spoken);

}  // namespace millrace::http::routes
