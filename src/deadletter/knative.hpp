#pragma once
// The attributes of Knative's dead letters.

#include <cstddef>
#include <string_view>

namespace millrace::deadletter {

inline constexpr std::string_view knative_destination = "knativeerrordest";
inline constexpr std::string_view knative_code = "knativeerrorcode";
/// The answer's body in Base64, which is cut at knative_data_max characters.
inline constexpr std::string_view knative_data = "knativeerrordata";
inline constexpr std::size_t knative_data_max = 1024;

}  // namespace millrace::deadletter
