#pragma once
// millrace(1), made from the tree of commands. Pure.

#include <string>

#include "command_tree.hpp"

namespace millrace::cli {

[[nodiscard]] std::string manual_page(const Command& root, const std::string& version);

}  // namespace millrace::cli
