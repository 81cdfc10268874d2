#include "millrace/deadletter/redriven.hpp"

#include "form.hpp"
#include "millrace/cloudevents/identity.hpp"
#include "text.hpp"

namespace millrace::deadletter {

namespace {

using cloudevents::redriven_attribute;

bool is_redrive_header(std::string_view key) {
  if (key == redriven_attribute) return true;
  if (key.size() < attribute_header_prefix.size() || (key[0] | 0x20) != 'c' || (key[1] | 0x20) != 'e') return false;
  return key[2] == '_' && key.substr(attribute_header_prefix.size()) == redriven_attribute;
}

}  // namespace

Record as_redriven(const Record& record, std::string_view job, cloudevents::Unmarked unmarked) {
  Record out = record;
  std::erase_if(out.headers, [](const auto& header) { return is_redrive_header(header.first); });
  const auto headers = headers_of(record);
  const auto value = record.value ? std::optional<ByteView>(*record.value) : std::nullopt;
  Form form = form_of(headers, value);
  if (form == Form::none && cloudevents::from_record(headers, value, unmarked)) form = Form::json;
  const std::string text = fit(job, std::string::npos);
  const std::vector<Mark> marks{{redriven_attribute, redriven_attribute, text}};
  if (form == Form::binary) {
    out.headers.emplace_back(std::string(attribute_header_prefix).append(redriven_attribute), to_bytes(text));
  }
  out.headers.emplace_back(std::string(redriven_attribute), to_bytes(text));
  if (!out.value || form == Form::none || form == Form::binary) return out;
  const IsMark is_earlier = [](std::string_view attribute) { return attribute == redriven_attribute; };
  out.value = to_bytes(with_marks(without_marks(as_text(*out.value), form, is_earlier), form, marks));
  return out;
}

}  // namespace millrace::deadletter
