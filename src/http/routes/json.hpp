#pragma once
// JSON answers. Fields stand in the order in which they are added.

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "message.hpp"

namespace millrace::http::routes {

using Json = nlohmann::ordered_json;

/// As a string of JSON, for answers that are put together without a document; what is no UTF-8 is replaced.
inline void append_json_text(std::string& out, std::string_view text) {
  const auto is_plain = [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; };
  if (std::ranges::all_of(text, is_plain)) {
    out.append("\"").append(text).append("\"");
  } else {
    out.append(Json(text).dump(-1, ' ', false, Json::error_handler_t::replace));
  }
}

[[nodiscard]] inline Response json_answer(const Json& body, unsigned status = 200) {
  Response response;
  response.status = status;
  // Clients name themselves in any bytes: those that are no UTF-8 are replaced.
  response.body = body.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  return response;
}

}  // namespace millrace::http::routes
