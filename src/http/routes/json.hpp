#pragma once
// JSON answers. Fields stand in the order in which they are added.

#include <nlohmann/json.hpp>

#include "message.hpp"

namespace millrace::http::routes {

using Json = nlohmann::ordered_json;

[[nodiscard]] inline Response json_answer(const Json& body, unsigned status = 200) {
  Response response;
  response.status = status;
  // Clients name themselves in any bytes: those that are no UTF-8 are replaced.
  response.body = body.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  return response;
}

}  // namespace millrace::http::routes
