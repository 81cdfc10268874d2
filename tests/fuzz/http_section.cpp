// Bytes before a request's body: the guard and the target's parser take whatever comes, and what the guard lets through
// has nothing in it that could end a line for another reader.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "../../src/http/guard.hpp"
#include "../../src/http/target.hpp"

using namespace millrace::http;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto length = header_section_length(bytes);
  if (length > 0) {
    const auto section = bytes.substr(0, length);
    if (!refuse_section(section, {})) {
      const auto lines = section.substr(0, length - 4);
      for (std::size_t i = 0; i < lines.size(); ++i) {
        const bool ends_line = lines[i] == '\r' && i + 1 < lines.size() && lines[i + 1] == '\n';
        if (ends_line && i + 2 < lines.size() && (lines[i + 2] == ' ' || lines[i + 2] == '\t')) std::abort();
        if (lines[i] == '\n' && (i == 0 || lines[i - 1] != '\r')) std::abort();
        if (lines[i] == '\0') std::abort();
      }
    }
  }
  const auto target = parse_target(bytes);
  if (target) {
    for (const auto& segment : target->path) {
      if (segment.empty() || segment == "." || segment == "..") std::abort();
    }
  }
  return 0;
}
