#pragma once
// Bytes in JSON: base64 of RFC 4648, section 4, with padding. Pure.

#include <optional>
#include <string>
#include <string_view>

namespace millrace::cli {

[[nodiscard]] std::string to_base64(std::string_view bytes);
/// Nothing when the text is not exactly what to_base64() gives for some bytes.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

}  // namespace millrace::cli
