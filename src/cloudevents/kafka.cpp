#include "millrace/cloudevents/kafka.hpp"

#include "findings.hpp"
#include "kafka_names.hpp"
#include "known.hpp"
#include "millrace/cloudevents/json.hpp"
#include "millrace/cloudevents/media_type.hpp"
#include "millrace/cloudevents/protobuf.hpp"
#include "millrace/cloudevents/rules.hpp"
#include "name_index.hpp"

namespace millrace::cloudevents {

namespace {

Faults one_fault(Problem problem, std::string_view rule, std::string_view header, std::string_view detail) {
  return {{.problem = problem,
           .pointer = {},
           .header = std::string(header),
           .rule = std::string(rule),
           .detail = std::string(detail)}};
}

/// What the headers of one record say.
class HeaderReader {
 public:
  void read(const record::HeaderView& header) {
    if (!header.value) return;
    const std::string_view text = as_text(*header.value);
    if (is_content_type(header.key)) {
      content_type_ = text;
    } else if (is_attribute(header.key)) {
      attribute(attribute_of(header.key), text);
    }
  }

  [[nodiscard]] const std::optional<std::string_view>& content_type() const { return content_type_; }
  [[nodiscard]] bool has_attributes() const { return !event_.attributes.empty(); }
  [[nodiscard]] bool has_any_required() const { return required_ != 0; }
  [[nodiscard]] bool has_all_required() const { return required_ == (1U << required_count) - 1; }

  Judged<Event> finish(std::optional<ByteView> value) && {
    if (!content_type_) content_type_ = ce_datacontenttype_;
    if (content_type_) {
      event_.attributes.push_back({.name = "datacontenttype", .text = std::string(*content_type_)});
    }
    Findings findings(Spelling::kafka);
    judge(event_, Strictness::lenient, findings);
    if (!findings.empty()) return tl::unexpected(std::move(findings).take());
    if (value && !value->empty()) event_.data.emplace(as_text(*value));
    return std::move(event_);
  }

 private:
  void attribute(std::string_view name, std::string_view text) {
    const Known known = known_of(name);
    if (known == Known::datacontenttype) {
      ce_datacontenttype_ = text;
      return;
    }
    if (!is_attribute_name(name)) return;
    if (is_required(known)) required_ |= 1U << static_cast<unsigned>(known);
    const auto [at, is_new] = names_.add(name);
    if (is_new) event_.attributes.push_back({.name = std::string(name), .text = {}});
    event_.attributes[at].text = text;
  }

  Event event_;
  NameIndex names_;
  std::optional<std::string_view> content_type_;
  std::optional<std::string_view> ce_datacontenttype_;
  unsigned required_ = 0;  ///< one bit each
};

Judged<Event> structured(std::optional<ByteView> value, Format format) {
  if (value) return format == Format::json ? parse_json(as_text(*value)) : parse_protobuf(as_text(*value));
  return tl::unexpected(one_fault(Problem::malformed_event, "KAF-7", {}, "the value of a structured event is null"));
}

Judged<Event> unmarked_event(const HeaderReader& headers, std::optional<ByteView> value, Unmarked unmarked) {
  const auto& type = headers.content_type();
  const bool may_be_unmarked =
      unmarked == Unmarked::recognised && value && !headers.has_attributes() && (!type || is_json(*type));
  if (may_be_unmarked) {
    if (auto event = parse_json(as_text(*value))) return event;
  }
  return tl::unexpected(one_fault(Problem::not_a_cloudevent, "KAF-3", {},
                                  "neither a content-type of an event nor one of ce_specversion, "
                                  "ce_id, ce_source and ce_type is there"));
}

void put(StoredEvent& record, std::string_view prefix, const Attribute& one) {
  record.headers.emplace_back(std::string(prefix) + one.name, one.text);
}

}  // namespace

StoredEvent to_record(const Event& event, Storage storage) {
  StoredEvent record;
  if (storage == Storage::structured) {
    record.headers.emplace_back(content_type_header, event_type);
    record.value = to_json(event);
    return record;
  }
  if (storage == Storage::protobuf) {
    record.headers.emplace_back(content_type_header, protobuf_event_type);
    record.value = to_protobuf(event);
    return record;
  }
  record.headers.reserve(event.attributes.size() + 1);
  if (const auto type = event.content_type()) record.headers.emplace_back(content_type_header, std::string(*type));
  for (const std::string_view name : required_names) {
    if (const Attribute* const one = event.find(name)) put(record, attribute_prefix, *one);
  }
  for (const Attribute& one : event.attributes) {
    const Known known = known_of(one.name);
    if (!is_required(known) && known != Known::datacontenttype) put(record, attribute_prefix, one);
  }
  record.value = event.data;
  return record;
}

namespace {

Judged<Event> read(HeaderReader reader, std::optional<ByteView> value, Unmarked unmarked) {
  const std::string_view content_type = reader.content_type().value_or(std::string_view());
  const Mode mode = mode_of(content_type);
  if (mode == Mode::structured) return structured(value, format_of(content_type));
  if (mode != Mode::binary && !reader.has_all_required()) {
    return tl::unexpected(one_fault(
        Problem::unsupported_event_format, mode == Mode::batch ? "KAF-1" : "KAF-4", content_type_header,
        mode == Mode::batch ? "a record holds one event, not a batch" : "the format of the event is not known here"));
  }
  if (!reader.has_any_required()) return unmarked_event(reader, value, unmarked);
  return std::move(reader).finish(value);
}

}  // namespace

Judged<Event> from_record(record::HeaderCursor headers, std::optional<ByteView> value, Unmarked unmarked) {
  HeaderReader reader;
  while (const auto header = headers.next()) reader.read(*header);
  return read(std::move(reader), value, unmarked);
}

Judged<Event> from_record(std::span<const record::HeaderView> headers, std::optional<ByteView> value,
                          Unmarked unmarked) {
  HeaderReader reader;
  for (const auto& header : headers) reader.read(header);
  return read(std::move(reader), value, unmarked);
}

}  // namespace millrace::cloudevents
