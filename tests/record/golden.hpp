#pragma once
// Reads tests/record/golden/<name>.hex, and hex written in a test.

#include <gtest/gtest.h>

#include <cctype>
#include <fstream>
#include <iterator>
#include <string>

#include "millrace/core/bytes.hpp"

namespace millrace::record {

/// Blanks and line ends between the digits are free.
inline Bytes from_hex(std::string_view text) {
  Bytes bytes;
  std::string digits;
  for (const char c : text) {
    if (std::isxdigit(static_cast<unsigned char>(c)) != 0) digits += c;
  }
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes.push_back(static_cast<std::byte>(std::stoi(digits.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

inline Bytes golden(const std::string& name) {
  std::ifstream file(MILLRACE_RECORD_GOLDEN "/" + name + ".hex");
  EXPECT_TRUE(file.is_open()) << name;
  return from_hex(std::string(std::istreambuf_iterator<char>(file), {}));
}

}  // namespace millrace::record
