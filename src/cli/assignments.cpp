#include "assignments.hpp"

namespace millrace::cli {

std::string is_assignment(const std::string& text) {
  const auto equals = text.find('=');
  return equals == std::string::npos || equals == 0 ? "\"" + text + "\" is not key=value" : "";
}

Json object_of(const std::vector<std::string>& assignments) {
  auto object = Json::object();
  for (const auto& text : assignments) {
    const auto equals = text.find('=');
    object[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return object;
}

}  // namespace millrace::cli
