#include "event_cursor.hpp"

#include <algorithm>

#include "base36.hpp"
#include "millrace/core/escaped.hpp"

namespace millrace::http::routes {

// turn "." offset "-" offset "-" …

std::string EventCursor::to_string() const {
  std::string out;
  append_base36(out, static_cast<std::int64_t>(turn));
  out += '.';
  for (std::size_t i = 0; i < next.size(); ++i) {
    if (i > 0) out += '-';
    append_base36(out, next[i].value());
  }
  return out;
}

Result<EventCursor> EventCursor::parse(std::string_view text, std::size_t partitions) {
  const auto wrong = [text] {
    return failure(Errc::invalid, "cursor: \"" + escaped(text) + "\" is none of this topic");
  };
  auto rest = text;
  const auto turn = take_base36(rest, '.');
  if (!turn || text.ends_with('-')) return wrong();
  EventCursor cursor{.next = {}, .turn = static_cast<std::size_t>(*turn) % std::max<std::size_t>(partitions, 1)};
  while (!rest.empty()) {
    const auto offset = take_base36(rest, '-');
    if (!offset || cursor.next.size() == partitions) return wrong();
    cursor.next.emplace_back(*offset);
  }
  if (cursor.next.empty()) return wrong();
  cursor.next.resize(partitions, Offset(0));
  return cursor;
}

}  // namespace millrace::http::routes
