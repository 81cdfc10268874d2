#include "millrace/cloudevents/identity.hpp"

#include "kafka_names.hpp"
#include "millrace/cloudevents/json.hpp"
#include "millrace/cloudevents/protobuf.hpp"

namespace millrace::cloudevents {

std::optional<Identity> IdentityReader::read_structured(const record::RecordView& record, Format format) {
  if (!record.value) return std::nullopt;
  const auto value = as_text(*record.value);
  auto event = format == Format::json ? parse_json(value) : parse_protobuf(value);
  if (!event || event->find(redriven_attribute) != nullptr) return std::nullopt;
  structured_ = *std::move(event);
  return Identity{.source = structured_->text("source"), .id = structured_->text("id")};
}

std::optional<Identity> IdentityReader::read(const record::RecordView& record) {
  Identity identity;
  std::string_view content_type;
  bool is_redriven = false, has_attributes = false;
  record::HeaderCursor headers(record.headers, record.header_count);
  // The last of equal headers counts, and one that is null is none.
  for (record::HeaderView header; headers.next(header);) {
    if (!header.value) continue;
    const auto text = as_text(*header.value);
    if (is_content_type(header.key)) {
      content_type = text;
    } else if (is_attribute(header.key)) {
      has_attributes = true;
      const auto name = attribute_of(header.key);
      if (name == "id") identity.id = text;
      if (name == "source") identity.source = text;
      is_redriven = is_redriven || name == redriven_attribute;
    }
  }
  if (mode_of(content_type) == Mode::structured) return read_structured(record, format_of(content_type));
  if (unmarked_ == Unmarked::recognised && !has_attributes && (content_type.empty() || is_json(content_type))) {
    return read_structured(record, Format::json);
  }
  if (is_redriven || identity.id.empty() || identity.source.empty()) return std::nullopt;
  constexpr auto rules = Validation::binary_or_structured;
  if (check_record(record.headers, record.header_count, record.value, rules)) return std::nullopt;
  return identity;
}

}  // namespace millrace::cloudevents
