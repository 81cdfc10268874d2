#pragma once
// The description of the API, docs/openapi.yaml, as JSON.

#include <string_view>

namespace millrace::http {

extern const std::string_view openapi;

}  // namespace millrace::http
