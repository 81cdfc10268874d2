// Any bytes as one event and as a batch. What is read is written and read again, and is then the same; what is refused
// says why, in few and printable words; and the elements of a batch are the events that they are alone.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "millrace/cloudevents/json.hpp"
#include "millrace/cloudevents/rules.hpp"
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

void judge_one(std::string_view text) {
  const auto event = parse_json(text);
  if (!event) return require_reasons(event.error());
  require(validate(*event).empty());
  const std::string written = to_json(*event);
  const auto again = parse_json(written);
  require(again.has_value());
  require(again->data == event->data && again->content_type() == event->content_type());
  require(to_json(*again) == written);
}

void judge_batch(std::string_view text) {
  const auto events = parse_json_batch(text);
  if (!events) return require_reasons(events.error());
  const auto elements = split_json_batch(text);
  require(elements.size() == events->size());
  for (std::size_t at = 0; at < elements.size(); ++at) require(parse_json(elements[at]) == events->at(at));
  const auto again = parse_json_batch(to_json_batch(*events));
  require(again && again->size() == events->size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  judge_one(text);
  judge_batch(text);
  (void)is_json_text(text);
  return 0;
}
