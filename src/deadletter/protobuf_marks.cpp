#include "protobuf_marks.hpp"

#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

#include "text.hpp"

namespace millrace::deadletter {

namespace {

using protozero::pbf_reader;
using protozero::pbf_writer;

// The numbers of cloudevents.proto: a map of attributes, and two of the types that a value may have.
constexpr std::uint32_t attributes = 5;
constexpr std::uint32_t map_key = 1;
constexpr std::uint32_t map_value = 2;
constexpr std::uint32_t integer_value = 2;
constexpr std::uint32_t string_value = 3;

std::string_view name_of(pbf_reader entry) {
  std::string_view name;
  while (entry.next()) {
    if (entry.tag() == map_key && entry.wire_type() == protozero::pbf_wire_type::length_delimited) {
      const auto view = entry.get_view();
      name = {view.data(), view.size()};
    } else {
      entry.skip();
    }
  }
  return name;
}

void put(pbf_writer& out, const Mark& mark) {
  pbf_writer entry(out, attributes);
  entry.add_string(map_key, mark.attribute.data(), mark.attribute.size());
  pbf_writer value(entry, map_value);
  const auto integer = mark.kind == Kind::integer ? number<std::int32_t>(mark.text) : std::nullopt;
  if (integer) {
    value.add_int32(integer_value, *integer);
  } else {
    value.add_string(string_value, fit(mark.text, std::string::npos));
  }
}

}  // namespace

std::string without_protobuf_marks(std::string_view event, const IsMark& is_mark) {
  std::string out;
  pbf_reader in(event.data(), event.size());
  std::size_t from = 0;
  while (in.next()) {
    bool is_dropped = false;
    if (in.tag() == attributes && in.wire_type() == protozero::pbf_wire_type::length_delimited) {
      is_dropped = is_mark(name_of(in.get_message()));
    } else {
      in.skip();
    }
    const std::size_t to = event.size() - in.length();
    if (!is_dropped) out.append(event.substr(from, to - from));
    from = to;
  }
  return out;
}

std::string with_protobuf_marks(std::string_view event, std::span<const Mark> marks) {
  std::string out(event);
  pbf_writer message(out);
  for (const Mark& mark : marks) {
    if (!mark.attribute.empty()) put(message, mark);
  }
  return out;
}

}  // namespace millrace::deadletter
