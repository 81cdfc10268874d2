// Any bytes as headers of an HTTP message: a line each, "name: value", and the body behind an empty one. What strict
// reading accepts lenient reading accepts too, and to the same event; what is read is written and read again.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "millrace/cloudevents/http.hpp"

namespace {

using namespace millrace::cloudevents;

void require(bool condition) {
  if (!condition) std::abort();
}

struct Message {
  std::optional<std::string_view> content_type{};
  std::vector<HeaderField> headers{};
  std::string_view body{};
};

Message message_of(std::string_view text) {
  Message out;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) break;
    const auto colon = std::min(line.find(':'), line.size());
    const HeaderField field{line.substr(0, colon), line.substr(std::min(colon + 1, line.size()))};
    if (field.name == "content-type") {
      out.content_type = field.value;
    } else {
      out.headers.push_back(field);
    }
  }
  out.body = text;
  return out;
}

void judge_value(std::string_view value) {
  const auto lenient = decode_header_value(value);
  const auto strict = decode_header_value(value, Strictness::strict);
  if (strict) require(lenient && *lenient == *strict);
  if (!lenient) return;
  require(is_string(*lenient));
  require(decode_header_value(encode_header_value(*lenient), Strictness::strict) == *lenient);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Message in = message_of({reinterpret_cast<const char*>(data), size});
  for (const HeaderField& field : in.headers) judge_value(field.value);
  const auto strict = from_http(in.content_type, in.headers, in.body, Strictness::strict);
  const auto event = from_http(in.content_type, in.headers, in.body);
  if (strict) require(event && *event == *strict);
  if (!event) {
    require(!event.error().empty() && event.error().size() <= faults_max);
    return 0;
  }
  require(validate(*event).empty());
  const auto written = http_headers_of(*event);
  std::vector<HeaderField> headers;
  for (const auto& [name, value] : written) headers.push_back({name, value});
  require(from_http(event->content_type(), headers, in.body) == *event);
  return 0;
}
