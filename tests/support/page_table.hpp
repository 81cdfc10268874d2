#pragma once
// A table of a documentation page that is made from the source: between "<!-- table of NAME -->" and the next
// "<!-- end of table -->" the page must hold exactly what the source says. MILLRACE_WRITE_DOCS=1 writes instead.

#include <string>

namespace millrace::support {

/// "" when the page is right or was written, else what is wrong and how to mend it.
[[nodiscard]] std::string hold_page_table(const std::string& page, const std::string& name, const std::string& table);

}  // namespace millrace::support
