#include "ack_id.hpp"

#include <algorithm>
#include <limits>

#include "base36.hpp"
#include "event_views.hpp"
#include "millrace/cloudevents/json.hpp"
#include "millrace/cloudevents/protobuf.hpp"

namespace millrace::http::routes {

std::string ack_id_of(const EventPlace& place) {
  std::string out;
  append_base36(out, place.partition);
  out += '.';
  append_base36(out, place.offset.value());
  out += '.';
  append_base36(out, place.stay);
  return out;
}

std::optional<EventPlace> parse_ack_id(std::string_view text) {
  const auto partition = take_base36(text, '.');
  const auto offset = take_base36(text, '.');
  if (!partition || !offset || *partition > std::numeric_limits<PartitionIndex>::max()) return std::nullopt;
  if (text.find('.') != std::string_view::npos) return std::nullopt;
  const auto stay = take_base36(text, '.');
  if (!stay) return std::nullopt;
  return EventPlace{.partition = static_cast<PartitionIndex>(*partition), .stay = *stay, .offset = Offset(*offset)};
}

std::string text_with_ack_id(const ReadEvent& read, cloudevents::Format format, const std::string& ack_id) {
  auto event = read.event;
  const bool brings_one =
      std::erase_if(event.attributes, [](const auto& attribute) { return attribute.name == ack_id_attribute; }) > 0;
  if (format == cloudevents::Format::protobuf) {
    event.attributes.push_back({.name = std::string(ack_id_attribute), .text = ack_id});
    return cloudevents::to_protobuf(event);
  }
  auto text = brings_one ? cloudevents::to_json(event) : json_text_of(read);
  // Every event has attributes, so what follows the brace is one.
  text.insert(text.find('{') + 1, '"' + std::string(ack_id_attribute) + "\":\"" + ack_id + "\",");
  return text;
}

}  // namespace millrace::http::routes
