// Any bytes as one record, as it lies in a batch: of a dead-letter topic, or one that dies. What is a letter of ours is
// written again as one that says the same; what dies and is read again is what it was without the marks that it brought
// along, an event remains an event, and others' marks are read without harm.

#include <cstdint>
#include <cstdlib>

#include "millrace/cloudevents/kafka.hpp"
#include "millrace/deadletter/adoption.hpp"
#include "millrace/deadletter/letter.hpp"

namespace {

using namespace millrace;
using namespace millrace::deadletter;

void require(bool condition) {
  if (!condition) std::abort();
}

Letter sample() {
  Letter letter;
  letter.name = {"billing", "orders", 3, Offset(1042), 1};
  letter.reason = delivery::Reason::rejected;
  letter.attempts = 5;
  letter.message = "no stock";
  return letter;
}

Read read_again(const Record& record) {
  const auto headers = headers_of(record);
  auto read = read_letter(view_of(record, headers));
  require(read.has_value());
  return *std::move(read);
}

bool is_event(const record::NewRecord& record) {
  return cloudevents::from_record(record.headers, record.value).has_value();
}

void bury(const record::NewRecord& original, Compat compat) {
  const Record once = to_record(sample(), original, compat);
  const Read read = read_again(once);
  require(read.letter.name == sample().name && read.letter.message == sample().message);
  const auto headers = headers_of(read.original);
  const record::NewRecord bare = view_of(read.original, headers);
  require(!read_letter(bare).has_value());
  require(read_again(to_record(sample(), bare, compat)).original == read.original);
  if (!is_event(original)) return;
  const auto marked = headers_of(once);
  require(is_event(view_of(once, marked)) && is_event(bare));
}

void judge(const record::NewRecord& record) {
  const auto adopted = recognise(record.headers, record.value);
  const auto read = read_letter(record);
  if (read) {
    require(adopted.has_value());
    const auto headers = headers_of(read->original);
    require(read_again(to_record(read->letter, view_of(read->original, headers))) == *read);
  }
  bury(record, Compat::none);
  bury(record, Compat::knative);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  record::RecordCursor cursor(std::as_bytes(std::span(data, size)), 1);
  const auto one = cursor.next();
  if (!one || !*one) return 0;
  std::vector<record::HeaderView> headers;
  record::HeaderCursor walk((*one)->headers, (*one)->header_count);
  while (const auto header = walk.next()) headers.push_back(*header);
  judge({.timestamp = (*one)->timestamp_delta, .key = (*one)->key, .value = (*one)->value, .headers = headers});
  return 0;
}
