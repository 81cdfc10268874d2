#include "support/page_table.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace millrace::support {

std::string hold_page_table(const std::string& page, const std::string& name, const std::string& table) {
  const std::string begin = "<!-- table of " + name + " -->\n";
  std::ifstream in(page);
  std::string text((std::istreambuf_iterator<char>(in)), {});
  const auto from = text.find(begin);
  const auto to = from == std::string::npos ? from : text.find("<!-- end of table -->\n", from);
  if (to == std::string::npos) return page + " has no table of " + name + " between its markers";
  const auto at = from + begin.size();
  if (text.compare(at, to - at, table) == 0) return {};
  if (std::getenv("MILLRACE_WRITE_DOCS") == nullptr) {
    return page + " differs from " + name + ", which gives this table; MILLRACE_WRITE_DOCS=1 writes it:\n" + table;
  }
  std::ofstream(page) << text.replace(at, to - at, table);
  return {};
}

}  // namespace millrace::support
