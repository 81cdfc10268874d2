#include "form.hpp"

#include "json_marks.hpp"
#include "millrace/cloudevents/kafka.hpp"
#include "millrace/cloudevents/media_type.hpp"
#include "protobuf_marks.hpp"

namespace millrace::deadletter {

namespace {

constexpr std::string_view content_type_header = "content-type";

bool is_content_type(std::string_view key) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  if (key.size() != content_type_header.size()) return false;
  for (std::size_t at = 0; at < key.size(); ++at) {
    if (lower(key[at]) != content_type_header[at]) return false;
  }
  return true;
}

}  // namespace

Form form_of(std::span<const record::HeaderView> headers, std::optional<ByteView> value) {
  if (!cloudevents::from_record(headers, value)) return Form::none;
  std::string_view type;
  for (const record::HeaderView& header : headers) {
    if (header.value && is_content_type(header.key)) type = as_text(*header.value);
  }
  if (cloudevents::mode_of(type) != cloudevents::Mode::structured) return Form::binary;
  return cloudevents::format_of(type) == cloudevents::Format::json ? Form::json : Form::protobuf;
}

std::string without_marks(std::string_view value, Form form, const IsMark& is_mark) {
  switch (form) {
    case Form::json: return without_json_marks(value, is_mark);
    case Form::protobuf: return without_protobuf_marks(value, is_mark);
    case Form::none:
    case Form::binary: break;
  }
  return std::string(value);
}

std::string with_marks(std::string_view value, Form form, std::span<const Mark> marks) {
  switch (form) {
    case Form::json: return with_json_marks(value, marks);
    case Form::protobuf: return with_protobuf_marks(value, marks);
    case Form::none:
    case Form::binary: break;
  }
  return std::string(value);
}

}  // namespace millrace::deadletter
