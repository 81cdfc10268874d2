#pragma once
// millraced(8), made from the table of keys. Pure.

#include <string>

namespace millrace::app {

[[nodiscard]] std::string daemon_manual_page(const std::string& version);

}  // namespace millrace::app
