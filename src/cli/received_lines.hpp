#pragma once
// What a subscription has handed out, a line each. Pure.

#include <string>
#include <string_view>
#include <vector>

#include "client.hpp"

namespace millrace::cli {

struct ReceivedLine {
  std::string text;   ///< without the line's end; no digit of the event is changed
  std::string token;  ///< with which it is settled
};

/// Of the body of an answer to :receive. `output` is "table" for events, "json" for what came with each as well (lock,
/// record, event), "id" for tokens. Throws nlohmann::json::exception for a body that is none.
[[nodiscard]] std::vector<ReceivedLine> received_lines(const std::string& body, std::string_view output);

}  // namespace millrace::cli
