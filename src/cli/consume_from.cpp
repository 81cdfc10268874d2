#include "consume_from.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include "millrace/core/escaped.hpp"
#include "millrace/core/rfc3339.hpp"

namespace millrace::cli {

Result<From> parse_from(std::string_view text) {
  if (text == "beginning" || text == "earliest") return From{From::Kind::beginning};
  if (text == "end" || text == "latest") return From{From::Kind::end};
  std::int64_t number = 0;
  const auto [last, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc{} && last == text.data() + text.size() && number > std::numeric_limits<std::int64_t>::min()) {
    return number < 0 ? From{From::Kind::last, -number} : From{From::Kind::offset, number};
  }
  if (const auto time = parse_rfc3339(text)) return From{From::Kind::time, std::max<Timestamp>(*time, 0)};
  return failure(Errc::invalid, "--from \"" + escaped(text) +
                                    "\" is none of earliest, latest, an offset, -N for the last N, a time as in "
                                    "2026-11-29T13:49:04Z");
}

Result<std::int64_t> first_offset(const From& from, const Extent& extent) {
  switch (from.kind) {
    case From::Kind::end: return extent.end;
    case From::Kind::last: return extent.end - std::min(from.value, extent.end - extent.start);
    case From::Kind::offset:
      if (from.value < extent.start || from.value > extent.end) {
        return failure(Errc::invalid, "offset " + std::to_string(from.value) + " is not there: it holds " +
                                          std::to_string(extent.start) + " to " + std::to_string(extent.end));
      }
      return from.value;
    default: return extent.start;
  }
}

}  // namespace millrace::cli
