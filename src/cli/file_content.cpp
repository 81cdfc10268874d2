#include "file_content.hpp"

#include <fstream>
#include <iostream>
#include <sstream>

namespace millrace::cli {

std::optional<std::string> content_of(const std::string& file) {
  std::ostringstream all;
  if (file == "-") {
    all << std::cin.rdbuf();
    return all.str();
  }
  std::ifstream in(file, std::ios::binary);
  if (!in) return std::nullopt;
  all << in.rdbuf();
  return all.str();
}

}  // namespace millrace::cli
