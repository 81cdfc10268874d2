// F-4: any bytes as a client's batch. The first byte chooses the topic's rules; the rest is judged as it came, and once
// more with length and CRC made right, so that mutations get past them. What passes must be readable, with consecutive
// offsets and the count that it promised.

#include <cstdlib>

#include "millrace/record/record.hpp"
#include "millrace/record/validate.hpp"

namespace {

using namespace millrace;

constexpr Timestamp noon = 1'700'000'000'000;

record::Rules rules_of(unsigned choice) {
  record::Rules rules;
  rules.keys_required = (choice & 1) != 0;
  if ((choice & 2) != 0) rules.timestamp_type = record::TimestampType::log_append_time;
  if ((choice & 4) != 0) rules.timestamp_before_max_ms = 1000;
  rules.zstd_allowed = (choice & 8) == 0;
  const auto codec = choice >> 4;
  if (codec >= 1 && codec <= 5) rules.recompress = static_cast<record::Codec>(codec - 1);
  return rules;
}

void require(bool condition) {
  if (!condition) std::abort();
}

void judge(Bytes batch, const record::Rules& rules) {
  const auto before = batch;
  const auto verdict = record::validate(batch, rules, noon);
  require(verdict.faults.size() <= record::faults_max);
  if (verdict.error != ErrorCode::none) {
    require(!verdict.message.empty() && !verdict.rebuilt && batch == before);
    return;
  }
  const auto& stored = verdict.rebuilt ? *verdict.rebuilt : batch;
  const auto records = record::read_records(stored);
  require(records.has_value());
  require(records->size() == static_cast<std::size_t>(verdict.header.record_count));
  for (std::size_t i = 0; i < records->size(); ++i) {
    require(records->at(i).offset == Offset(static_cast<std::int64_t>(i)));
    require(!rules.keys_required || records->at(i).key);
    require(records->at(i).timestamp <= verdict.header.max_timestamp);
  }
}

void reseal(Bytes& batch) {
  if (batch.size() < record::header_bytes) return;
  store_be(batch.data() + 8, static_cast<std::int32_t>(batch.size() - record::length_prefix_bytes));
  store_be(batch.data() + record::crc_covers_from - 4, record::compute_crc(batch));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto rules = rules_of(data[0]);
  const auto input = std::as_bytes(std::span(data + 1, size - 1));
  Bytes batch(input.begin(), input.end());
  judge(batch, rules);
  reseal(batch);
  judge(std::move(batch), rules);
  return 0;
}
