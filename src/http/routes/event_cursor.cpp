#include "event_cursor.hpp"

#include <array>
#include <charconv>
#include <optional>

#include "millrace/core/escaped.hpp"

namespace millrace::http::routes {

namespace {

// turn "." offset "-" offset "-" …
constexpr int base = 36;
constexpr std::size_t digits_max = 13;  // of 63 bits in base 36

void append(std::string& out, std::int64_t number) {
  std::array<char, digits_max> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number, base);
  out.append(digits.data(), end);
}

/// Takes the number up to `mark`, or to the end, and the mark off `text`.
std::optional<std::int64_t> take(std::string_view& text, char mark) {
  const auto size = std::min(text.find(mark), text.size());
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + size, number, base);
  if (error != std::errc{} || end != text.data() + size || number < 0) return std::nullopt;
  text.remove_prefix(std::min(size + 1, text.size()));
  return number;
}

}  // namespace

std::string EventCursor::to_string() const {
  std::string out;
  append(out, static_cast<std::int64_t>(turn));
  out += '.';
  for (std::size_t i = 0; i < next.size(); ++i) {
    if (i > 0) out += '-';
    append(out, next[i].value());
  }
  return out;
}

Result<EventCursor> EventCursor::parse(std::string_view text, std::size_t partitions) {
  const auto wrong = [text] {
    return failure(Errc::invalid, "cursor: \"" + escaped(text) + "\" is none of this topic");
  };
  auto rest = text;
  const auto turn = take(rest, '.');
  if (!turn || text.ends_with('-')) return wrong();
  EventCursor cursor{.next = {}, .turn = static_cast<std::size_t>(*turn) % std::max<std::size_t>(partitions, 1)};
  while (!rest.empty()) {
    const auto offset = take(rest, '-');
    if (!offset || cursor.next.size() == partitions) return wrong();
    cursor.next.emplace_back(*offset);
  }
  if (cursor.next.empty()) return wrong();
  cursor.next.resize(partitions, Offset(0));
  return cursor;
}

}  // namespace millrace::http::routes
