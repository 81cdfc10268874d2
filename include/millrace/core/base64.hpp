#pragma once
// Base64 of RFC 4648, section 4, with padding: bytes in JSON and in header fields. Pure.

#include <optional>
#include <string>
#include <string_view>

namespace millrace::inline core {

void append_base64(std::string& out, std::string_view bytes);
[[nodiscard]] std::string to_base64(std::string_view bytes);

/// Nothing for other alphabets, white space, or padding that is missing or misplaced. Bits that the last character has
/// to spare may be anything: some encoders leave them set, and no byte is lost.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

}  // namespace millrace::inline core
