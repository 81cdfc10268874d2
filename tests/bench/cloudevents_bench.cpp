// What it costs to judge a record of eight attributes on its way in, and to read and write events of 1 KiB.

#include <benchmark/benchmark.h>

#include "millrace/cloudevents/http.hpp"
#include "millrace/cloudevents/json.hpp"
#include "millrace/cloudevents/kafka.hpp"
#include "millrace/record/builder.hpp"

namespace millrace::cloudevents {
namespace {

constexpr std::size_t kib = 1024;

/// Eight attributes and JSON data, `size` bytes in all.
std::string event_text(std::size_t size, bool ascii) {
  std::string text =
      R"({"specversion":"1.0","id":"9aeb4f2c-6b1e-4bd0-9b4b-0b8a7a3a3c11","source":"https://example.com/shops/42",)"
      R"("type":"com.example.order.created","time":"2024-01-02T03:04:05.678901Z","subject":"orders/1042",)"
      R"("datacontenttype":"application/json","partitionkey":"customer-77","data":{"items":[)";
  const std::string item = ascii
                               ? R"({"sku":"A-1000","title":"a thing","count":3,"price":19.95,"gift":false},)"
                               : "{\"sku\":\"A-1000\",\"title\":\"\xE6\x9D\xB1\xE4\xBA\xAC\xE9\x83\xBD\",\"count\":3},";
  while (text.size() + item.size() + 4 < size) text += item;
  text.back() = ']';
  return text + "}}";
}

Event event_of(std::size_t size) { return *parse_json(event_text(size, true)); }

/// One record as it lies in a batch.
struct Stored {
  explicit Stored(const StoredEvent& event) {
    std::vector<record::HeaderView> headers;
    for (const auto& [key, value] : event.headers) headers.push_back({.key = key, .value = as_bytes(*value)});
    record::BatchBuilder builder;
    builder.add({.timestamp = 0, .key = std::nullopt, .value = as_bytes(*event.value), .headers = headers});
    batch = builder.finish();
    record::RecordCursor cursor(ByteView(batch).subspan(record::header_bytes), 1);
    view = **cursor.next();
  }
  Bytes batch;
  record::RecordView view;
};

void check_binary(benchmark::State& state) {
  const Stored record(to_record(event_of(kib), Storage::binary));
  const auto validation = static_cast<Validation>(state.range(0));
  for (auto _ : state) {
    const auto fault = check_record(record.view.headers, record.view.header_count, record.view.value, validation);
    if (fault) state.SkipWithError("refused");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(check_binary)->ArgName("validation")->DenseRange(0, 2);

void check_structured(benchmark::State& state) {
  const Stored record(to_record(event_of(kib), Storage::structured));
  const auto validation = static_cast<Validation>(state.range(0));
  for (auto _ : state) {
    const auto fault = check_record(record.view.headers, record.view.header_count, record.view.value, validation);
    if (fault) state.SkipWithError("refused");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(check_structured)->ArgName("validation")->DenseRange(1, 2);

/// Walking over the same headers and doing nothing with them: the floor under check_binary.
void walk_headers(benchmark::State& state) {
  const Stored record(to_record(event_of(kib), Storage::binary));
  for (auto _ : state) {
    record::HeaderCursor cursor(record.view.headers, record.view.header_count);
    for (record::HeaderView header; cursor.next(header);) benchmark::DoNotOptimize(header.key.data());
  }
}
BENCHMARK(walk_headers);

void report(benchmark::State& state, std::size_t size) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(size));
  state.SetItemsProcessed(state.iterations());
}

void parse_event(benchmark::State& state) {
  const std::string text = event_text(static_cast<std::size_t>(state.range(0)), state.range(1) != 0);
  for (auto _ : state) {
    const auto event = parse_json(text);
    if (!event) state.SkipWithError("refused");
    benchmark::DoNotOptimize(event->attributes.data());
  }
  report(state, text.size());
}
BENCHMARK(parse_event)->ArgNames({"bytes", "ascii"})->ArgsProduct({{kib, 64 * kib}, {0, 1}});

void parse_batch(benchmark::State& state) {
  std::string text = "[";
  for (int at = 0; at < 100; ++at) text += event_text(kib, true) + ',';
  text.back() = ']';
  for (auto _ : state) {
    const auto events = parse_json_batch(text);
    if (!events) state.SkipWithError("refused");
    benchmark::DoNotOptimize(events->data());
  }
  report(state, text.size());
}
BENCHMARK(parse_batch);

void write_event(benchmark::State& state) {
  const Event event = event_of(kib);
  std::string out;
  for (auto _ : state) {
    out.clear();
    append_json(event, out);
    benchmark::DoNotOptimize(out.data());
  }
  report(state, out.size());
}
BENCHMARK(write_event);

void read_http(benchmark::State& state) {
  const Event event = event_of(kib);
  const auto written = http_headers_of(event);
  std::vector<HeaderField> headers;
  for (const auto& [name, value] : written) headers.push_back({name, value});
  for (auto _ : state) {
    const auto read = from_http(event.content_type(), headers, *event.data);
    if (!read) state.SkipWithError("refused");
    benchmark::DoNotOptimize(read->attributes.data());
  }
  report(state, kib);
}
BENCHMARK(read_http);

void read_record(benchmark::State& state) {
  const Stored record(to_record(event_of(kib), Storage::binary));
  for (auto _ : state) {
    const auto read = from_record({record.view.headers, record.view.header_count}, record.view.value);
    if (!read) state.SkipWithError("refused");
    benchmark::DoNotOptimize(read->attributes.data());
  }
  report(state, kib);
}
BENCHMARK(read_record);

}  // namespace
}  // namespace millrace::cloudevents
