// Prints the manual page millraced(8).

#include <iostream>

#include "manual_page.hpp"

int main() {
  std::cout << millrace::app::daemon_manual_page(MILLRACE_VERSION);
  return std::cout.flush() ? 0 : 1;
}
