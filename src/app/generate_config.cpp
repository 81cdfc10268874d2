// Writes the two files that are made from the table of keys. Run it after changing keys.cpp:
//   generate_config <root of the source tree>

#include <fstream>
#include <iostream>
#include <string>

#include "config_pages.hpp"

int main(int count, char** arguments) {
  if (count != 2) {
    std::cerr << "usage: generate_config ROOT\n";
    return 2;
  }
  const std::string root = arguments[1];
  std::ofstream(root + "/config/millrace.toml") << millrace::app::config_file_text();
  std::ofstream(root + "/docs/configuration.md") << millrace::app::config_reference_page();
  return 0;
}
