// Any text as an expression: the first line; those behind it are attributes, name=value. What is parsed always has an
// answer, the same again and in parentheses, from an event and from headers; what is not parsed says where and why.
// Both within heap in proportion.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "heap_watch.hpp"
#include "millrace/cloudevents/rules.hpp"
#include "millrace/filter/cesql.hpp"
#include "millrace/record/builder.hpp"

namespace {

using namespace millrace;
using namespace millrace::filter;

void require(bool condition) {
  if (!condition) std::abort();
}

bool same(const Outcome& one, const Outcome& other) { return one.value == other.value && one.error == other.error; }

cloudevents::Event event_of(std::string_view lines) {
  cloudevents::Event event;
  while (!lines.empty()) {
    const auto end = std::min(lines.find('\n'), lines.size());
    const auto line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 1, lines.size()));
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    const auto name = line.substr(0, equals);
    if (!cloudevents::is_attribute_name(name) || name == "datacontenttype" || event.find(name) != nullptr) continue;
    event.attributes.push_back({.name = std::string(name), .text = std::string(line.substr(equals + 1))});
  }
  return event;
}

void ask_headers(const Expression& expression, const cloudevents::Event& event, const Outcome& expected) {
  std::vector<std::string> keys;
  for (const auto& each : event.attributes) keys.push_back("ce_" + each.name);
  std::vector<record::HeaderView> headers;
  for (std::size_t at = 0; at < keys.size(); ++at)
    headers.push_back({.key = keys[at], .value = as_bytes(event.attributes[at].text)});
  record::BatchBuilder builder;
  builder.add({.timestamp = 0, .key = std::nullopt, .value = std::nullopt, .headers = headers});
  const Bytes batch = builder.finish();
  record::RecordCursor cursor(ByteView(batch).subspan(record::header_bytes), 1);
  const auto view = cursor.next();
  Scratch scratch;
  const RecordAttributes attributes({(*view)->headers, (*view)->header_count});
  require(same(expression.evaluate(attributes, scratch), expected));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto end = std::min(input.find('\n'), size);
  const auto text = input.substr(0, end);
  const auto event = event_of(input.substr(std::min(end + 1, size)));
  const testing::HeapWatch parsing;
  const auto expression = parse_cesql(text);
  require(parsing.peak() <= 100 * size + 65'536);
  if (!expression) {
    const auto& [code, message] = expression.error();
    require(!message.empty() && (code == Errc::invalid || code == Errc::too_large));
    return 0;
  }
  Scratch scratch, again;
  const EventAttributes attributes(event);
  const auto outcome = expression->evaluate(attributes, scratch);
  require(same(outcome, expression->evaluate(attributes, again)));
  const auto& [value, error] = outcome;
  require(expression->matches(attributes, again) ==
          (error == EvaluationError::none && value.type == Type::boolean && value.number == 1));
  require(value.type != Type::boolean || value.number == 0 || value.number == 1);
  ask_headers(*expression, event, outcome);
  // Unless the two parentheses are one too many.
  if (const auto wrapped = parse_cesql("(" + std::string(text) + ")"))
    require(same(outcome, wrapped->evaluate(attributes, again)));
  return 0;
}
