#pragma once
// Vectors and captures that lie beside the project and are no part of it.

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace millrace::cloudevents {

/// Nothing when the file is not there: the test then is skipped, and says so.
inline std::optional<nlohmann::json> shared_json(const std::string& name) {
  std::ifstream file(MILLRACE_SHARED_DATA "/cloudevents/" + name);
  if (!file.is_open()) {
    std::printf("skipped: %s is not beside the project\n", name.c_str());
    return std::nullopt;
  }
  return nlohmann::json::parse(file);
}

}  // namespace millrace::cloudevents
