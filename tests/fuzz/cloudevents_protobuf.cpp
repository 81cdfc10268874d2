// Any bytes as one event and as a batch of protobuf. What is read is written and read again, and is then the same; what
// is refused says why, in few and printable words; and the elements of a batch are the events that they are alone.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "millrace/cloudevents/json.hpp"
#include "millrace/cloudevents/protobuf.hpp"
#include "millrace/core/escaped.hpp"

namespace {

using namespace millrace;
using namespace millrace::cloudevents;

void require(bool condition) {
  if (!condition) std::abort();
}

void require_reasons(const Faults& faults) {
  require(!faults.empty() && faults.size() <= faults_max);
  for (const Fault& fault : faults) {
    require(!fault.rule.empty() && !fault.detail.empty() && fault.detail.size() < 1000);
    require(is_utf8(fault.pointer) && is_utf8(fault.detail) && fault.detail.find('\n') == std::string::npos);
  }
}

void judge_one(std::string_view bytes) {
  const auto strict = parse_protobuf(bytes, Strictness::strict);
  const auto event = parse_protobuf(bytes);
  if (!event) {
    require(!strict);
    return require_reasons(event.error());
  }
  require(is_protobuf_event(bytes) && validate(*event).empty());
  const std::string written = to_protobuf(*event);
  const auto again = parse_protobuf(written);
  require(again && *again == *event);
  require(to_protobuf(*again) == written);
  // What JSON keeps of it is an event, too.
  const auto in_json = parse_json(to_json(*event));
  require(in_json && in_json->data.value_or("") == event->data.value_or(""));
}

void judge_batch(std::string_view bytes) {
  const auto events = parse_protobuf_batch(bytes);
  if (!events) return require_reasons(events.error());
  const auto elements = split_protobuf_batch(bytes);
  require(elements.size() == events->size());
  for (std::size_t at = 0; at < elements.size(); ++at) require(parse_protobuf(elements[at]) == events->at(at));
  const auto again = parse_protobuf_batch(to_protobuf_batch(*events));
  require(again && *again == *events);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  judge_one(bytes);
  judge_batch(bytes);
  return 0;
}
