#pragma once
// Header fields of what is sent to a sink: which names are ours or the connection's, what the owner of a subscription
// may add, and what a token and an origin look like. Values; pure.

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "millrace/core/limits.hpp"
#include "millrace/core/result.hpp"

namespace millrace::push {

using Fields = std::vector<std::pair<std::string, std::string>>;

inline constexpr std::size_t user_fields_max = 32;
inline constexpr std::size_t user_fields_bytes_max = 4 * limits::KiB;  ///< names and values: half of what servers take
inline constexpr std::size_t token_bytes_max = 4 * limits::KiB;  ///< longer ones do not fit into what servers take

/// Of what we say ourselves (ce-, webhook-, millrace-, traceparent, …), of authorisation, and of the connection and
/// the payload: nobody else may set it. In any letter case.
[[nodiscard]] bool is_reserved(std::string_view name);

/// What the owner of a subscription wants to have sent with each event: names that are RFC 9110's tokens, not reserved,
/// and each there once in whatever letter case; values of visible characters, blanks and tabs inside; within the
/// bounds. Errc::invalid or Errc::too_large names the field, and never its value, which may be a secret.
[[nodiscard]] Result<void> check_user_fields(const Fields& fields);

/// What may stand behind "Bearer " (RFC 6750, section 2.1). The message never has the token.
[[nodiscard]] Result<void> check_token(std::string_view token);

/// A DNS name of RFC 1123, as WebHook-Request-Origin wants it (WH-9): no URL, no port.
[[nodiscard]] Result<void> check_origin(std::string_view origin);

}  // namespace millrace::push
