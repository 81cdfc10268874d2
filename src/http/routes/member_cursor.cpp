#include "member_cursor.hpp"

#include <algorithm>
#include <limits>

#include "base36.hpp"
#include "millrace/core/escaped.hpp"

namespace millrace::http::routes {

std::string MemberCursor::to_string() const {
  std::string out;
  for (const auto& part : parts) {
    if (!out.empty()) out += '-';
    append_base36(out, part.partition);
    out += '.';
    append_base36(out, part.from.value());
    out += '.';
    append_base36(out, part.to.value());
  }
  return out;
}

Result<MemberCursor> MemberCursor::parse(std::string_view text) {
  MemberCursor cursor;
  auto rest = text;
  do {
    auto each = rest.substr(0, rest.find('-'));
    rest.remove_prefix(std::min(each.size() + 1, rest.size()));
    const auto partition = take_base36(each, '.');
    const auto from = take_base36(each, '.');
    const auto to = each.find('.') == std::string_view::npos ? take_base36(each, '.') : std::nullopt;
    if (!partition || !from || !to || *from > *to || *partition > std::numeric_limits<PartitionIndex>::max()) {
      return failure(Errc::invalid, "\"" + escaped(text) + "\" is no cursor that a member was given");
    }
    cursor.parts.push_back(
        {.partition = static_cast<PartitionIndex>(*partition), .from = Offset(*from), .to = Offset(*to)});
  } while (!rest.empty());
  if (text.ends_with('-'))
    return failure(Errc::invalid, "\"" + escaped(text) + "\" is no cursor that a member was given");
  return cursor;
}

}  // namespace millrace::http::routes
