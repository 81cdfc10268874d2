// Any bytes as an array of filter objects. What is parsed says true or false of any event, without an error; what is
// not has a reason, and a pointer into it or none.

#include <cstdint>
#include <cstdlib>

#include "millrace/filter/dialects.hpp"

namespace {

using namespace millrace::filter;

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto filters = parse_filters({reinterpret_cast<const char*>(data), size});
  if (!filters) {
    const auto& [pointer, detail] = filters.error();
    require(!detail.empty() && (pointer.empty() || pointer.front() == '/'));
    return 0;
  }
  millrace::cloudevents::Event event;
  for (const char* name : {"", "id", "source", "type", "subject"}) {
    if (*name != 0) event.attributes.push_back({.name = name, .text = "com.example"});
    Scratch scratch;
    const auto [value, error] = filters->evaluate(EventAttributes(event), scratch);
    require(value.type == Type::boolean && error == EvaluationError::none);
  }
  return 0;
}
