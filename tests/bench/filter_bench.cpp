// What it costs to ask a filter of one event, as an event and as the headers of a record, walked over for it; and to
// parse one.

#include <benchmark/benchmark.h>

#include "millrace/cloudevents/json.hpp"
#include "millrace/cloudevents/kafka.hpp"
#include "millrace/filter/cesql.hpp"
#include "millrace/filter/dialects.hpp"
#include "millrace/record/builder.hpp"

namespace millrace::filter {
namespace {

constexpr const char* three_tests =
    "type = 'com.example.order.created' AND source LIKE 'https://example.com/%' AND subject != 'orders/1'";
constexpr const char* three_objects =
    R"([{"exact":{"type":"com.example.order.created"}},{"prefix":{"source":"https://example.com/"}},)"
    R"({"suffix":{"subject":"/1042"}}])";

/// Eight attributes.
cloudevents::Event event() {
  return *cloudevents::parse_json(
      R"({"specversion":"1.0","id":"9aeb4f2c-6b1e-4bd0-9b4b-0b8a7a3a3c11","source":"https://example.com/shops/42",)"
      R"("type":"com.example.order.created","time":"2024-01-02T03:04:05.678901Z","subject":"orders/1042",)"
      R"("datacontenttype":"application/json","partitionkey":"customer-77","data":{"count":3}})");
}

/// One record as it lies in a batch.
struct Stored {
  explicit Stored(const cloudevents::StoredEvent& stored) {
    std::vector<record::HeaderView> headers;
    for (const auto& [key, value] : stored.headers) headers.push_back({.key = key, .value = as_bytes(*value)});
    record::BatchBuilder builder;
    builder.add({.timestamp = 0, .key = std::nullopt, .value = as_bytes(*stored.value), .headers = headers});
    batch = builder.finish();
    record::RecordCursor cursor(ByteView(batch).subspan(record::header_bytes), 1);
    view = **cursor.next();
  }
  Bytes batch;
  record::RecordView view;
};

void ask_event(benchmark::State& state, const Expression& expression) {
  const auto asked = event();
  Scratch scratch;
  for (auto _ : state) {
    if (!expression.matches(EventAttributes(asked), scratch)) state.SkipWithError("does not pass");
  }
  state.SetItemsProcessed(state.iterations());
}

void ask_record(benchmark::State& state, const Expression& expression) {
  const Stored record(cloudevents::to_record(event(), cloudevents::Storage::binary));
  Scratch scratch;
  for (auto _ : state) {
    const RecordAttributes attributes({record.view.headers, record.view.header_count});
    if (!expression.matches(attributes, scratch)) state.SkipWithError("does not pass");
  }
  state.SetItemsProcessed(state.iterations());
}

BENCHMARK_CAPTURE(ask_event, cesql_of_three_tests, *parse_cesql(three_tests));
BENCHMARK_CAPTURE(ask_record, cesql_of_three_tests, *parse_cesql(three_tests));
BENCHMARK_CAPTURE(ask_event, objects_of_three_tests, *parse_filters(three_objects));
BENCHMARK_CAPTURE(ask_record, objects_of_three_tests, *parse_filters(three_objects));
BENCHMARK_CAPTURE(ask_event, one_test, *parse_cesql("type = 'com.example.order.created'"));
BENCHMARK_CAPTURE(ask_event, wildcards, *parse_cesql("source LIKE '%example%/4_'"));
BENCHMARK_CAPTURE(ask_event, upper_case, *parse_cesql("UPPER(type) = 'COM.EXAMPLE.ORDER.CREATED'"));

/// Ten filters, as of ten subscriptions: the headers are walked over once.
void ask_record_ten_times(benchmark::State& state) {
  const Stored record(cloudevents::to_record(event(), cloudevents::Storage::binary));
  const auto expression = *parse_cesql(three_tests);
  Scratch scratch;
  for (auto _ : state) {
    const RecordAttributes attributes({record.view.headers, record.view.header_count});
    for (int time = 0; time < 10; ++time) benchmark::DoNotOptimize(expression.matches(attributes, scratch));
  }
  state.SetItemsProcessed(state.iterations() * 10);
}
BENCHMARK(ask_record_ten_times);

void parse(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(parse_cesql(three_tests));
}
BENCHMARK(parse);

}  // namespace
}  // namespace millrace::filter
