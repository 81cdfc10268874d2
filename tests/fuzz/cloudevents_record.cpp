// Any bytes as one record's headers and value, as they lie in a batch. What the strictest topic accepts the lenient one
// accepts too; what either accepts in a known format is read as an event; and what is read survives being stored again.

#include <cstdint>
#include <cstdlib>

#include "millrace/cloudevents/kafka.hpp"
#include "millrace/cloudevents/media_type.hpp"
#include "millrace/record/builder.hpp"

namespace {

using namespace millrace;
using namespace millrace::cloudevents;

void require(bool condition) {
  if (!condition) std::abort();
}

/// Through a record in binary mode; the event's order may change.
void read_again(const Event& event) {
  const StoredEvent stored = to_record(event, Storage::binary);
  std::vector<record::HeaderView> headers;
  for (const auto& [key, value] : stored.headers) headers.push_back({key, as_bytes(*value)});
  record::BatchBuilder builder;
  const auto value = stored.value ? std::optional(as_bytes(*stored.value)) : std::nullopt;
  builder.add({.timestamp = 0, .key = std::nullopt, .value = value, .headers = headers});
  const Bytes batch = builder.finish();
  record::RecordCursor cursor(ByteView(batch).subspan(record::header_bytes), 1);
  const auto view = cursor.next();
  require(view && *view);
  const auto again = from_record({(*view)->headers, (*view)->header_count}, (*view)->value);
  require(again.has_value());
  for (const Attribute& attribute : event.attributes) require(again->text(attribute.name) == attribute.text);
  require(again->data.value_or("") == event.data.value_or(""));
}

void judge(const record::RecordView& one) {
  const auto check = [&one](Validation validation, Unmarked unmarked) {
    return check_record(one.headers, one.header_count, one.value, validation, unmarked);
  };
  require(!check(Validation::none, Unmarked::refused));
  const auto strict = check(Validation::strict, Unmarked::refused);
  const auto lenient = check(Validation::binary_or_structured, Unmarked::refused);
  if (lenient) require(!lenient->rule.empty() && !lenient->detail.empty() && strict.has_value());
  const auto event = from_record({one.headers, one.header_count}, one.value);
  if (!strict) require(event.has_value());
  if (!event) return;
  require(!lenient);
  require(from_record({one.headers, one.header_count}, one.value, Unmarked::recognised) == *event);
  // A content type of events, which binary mode carries as any other, makes the stored record another one.
  if (mode_of(event->content_type().value_or("")) != Mode::binary) return;
  read_again(*event);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  record::RecordCursor cursor(std::as_bytes(std::span(data, size)), 1);
  const auto one = cursor.next();
  if (one && *one) judge(**one);
  return 0;
}
