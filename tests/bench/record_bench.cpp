// What one batch costs on its way in: checksum, walk, judgement. 64 KiB of records of 1 KiB unless said otherwise.

#include <benchmark/benchmark.h>

#include "millrace/record/builder.hpp"
#include "millrace/record/compression.hpp"
#include "millrace/record/record.hpp"
#include "millrace/record/validate.hpp"

namespace millrace::record {
namespace {

constexpr Timestamp noon = 1'700'000'000'000;
constexpr std::size_t kib = 1024;

/// Letters and digits that compress about as well as JSON does.
Bytes text_like(std::size_t size) {
  Bytes bytes(size);
  std::uint32_t state = 1;
  for (std::size_t i = 0; i < size; ++i) {
    state = state * 1'664'525 + 1'013'904'223;
    bytes[i] = static_cast<std::byte>(i % 8 == 0 ? '0' + (state >> 28) % 10 : 'a' + i % 23);
  }
  return bytes;
}

Bytes make_batch(std::int32_t count, std::size_t value_bytes, std::size_t header_count, Codec codec = Codec::none) {
  const std::vector<HeaderView> headers(header_count, {.key = "ce_source", .value = as_bytes("/sensors/42")});
  const auto value = text_like(value_bytes);
  BatchBuilder builder(codec);
  for (std::int32_t i = 0; i < count; ++i) {
    builder.add({.timestamp = noon + i, .key = as_bytes("key-0001"), .value = value, .headers = headers});
  }
  return builder.finish();
}

void report(benchmark::State& state, const Bytes& batch) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(batch.size()));
  state.SetItemsProcessed(state.iterations() * read_header(batch).record_count);
}

void crc(benchmark::State& state) {
  const auto batch = make_batch(static_cast<std::int32_t>(state.range(0)), kib, 0);
  for (auto _ : state) benchmark::DoNotOptimize(compute_crc(batch));
  report(state, batch);
}
BENCHMARK(crc)->Arg(1)->Arg(16)->Arg(64)->Arg(1024);

void walk(benchmark::State& state) {
  const auto batch = make_batch(64, kib, static_cast<std::size_t>(state.range(0)));
  const auto records = ByteView(batch).subspan(header_bytes);
  for (auto _ : state) {
    RecordCursor cursor(records, 64);
    while (true) {
      const auto record = cursor.next();
      if (!record || !*record) break;
      benchmark::DoNotOptimize((*record)->value->data());
    }
  }
  report(state, batch);
}
BENCHMARK(walk)->ArgName("headers")->Arg(0)->Arg(7);

void validate_plain(benchmark::State& state) {
  auto batch = make_batch(64, kib, static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(validate(batch, Rules{}, noon).error);
  report(state, batch);
}
BENCHMARK(validate_plain)->ArgName("headers")->Arg(0)->Arg(7);

void validate_small_records(benchmark::State& state) {
  auto batch = make_batch(1000, 50, 0);
  for (auto _ : state) benchmark::DoNotOptimize(validate(batch, Rules{}, noon).error);
  report(state, batch);
}
BENCHMARK(validate_small_records);

void validate_one_record(benchmark::State& state) {
  auto batch = make_batch(1, kib, 0);
  for (auto _ : state) benchmark::DoNotOptimize(validate(batch, Rules{}, noon).error);
  report(state, batch);
}
BENCHMARK(validate_one_record);

/// Bytes are those before compression.
void validate_compressed(benchmark::State& state) {
  auto batch = make_batch(64, kib, 0, static_cast<Codec>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(validate(batch, Rules{}, noon).error);
  report(state, make_batch(64, kib, 0));
}
BENCHMARK(validate_compressed)->ArgName("codec")->DenseRange(1, 4);

void compress(benchmark::State& state) {
  const auto plain = text_like(64 * kib);
  const auto codec = static_cast<Codec>(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(deflate(codec, plain).size());
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(plain.size()));
}
BENCHMARK(compress)->ArgName("codec")->DenseRange(1, 4);

}  // namespace
}  // namespace millrace::record
