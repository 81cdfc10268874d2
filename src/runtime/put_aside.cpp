#include "put_aside.hpp"

#include "millrace/core/check.hpp"
#include "millrace/core/limits.hpp"
#include "millrace/record/compact.hpp"

namespace millrace::runtime {

namespace {

/// Before they are compressed: a fetch that asks for little gets one batch, so it is not to be large.
constexpr std::size_t letters_bytes_max = 512 * limits::KiB;

std::vector<Bytes> letters_of(const QuarantineForm& form, const Unfit& unfit, record::Codec codec,
                              const record::BatchHeader& header, ByteView batch, Timestamp now, Offset base) {
  Bytes inflated;
  const auto records = record::plain_records(header, batch, inflated);
  CHECK(records.has_value(), "the batch was judged by these records");
  std::vector<Bytes> batches;
  record::BatchBuilder letters(codec);
  record::RecordCursor cursor(*records, header.record_count);
  std::vector<record::HeaderView> headers;
  const bool is_broker_time = header.timestamp_type() == record::TimestampType::log_append_time;
  auto fault = unfit.faults.begin();
  for (std::int32_t index = 0; fault != unfit.faults.end(); ++index) {
    const auto record = cursor.next();
    CHECK(record && *record, "the faults are of these records");
    if (index != fault->index) continue;
    headers.clear();
    record::HeaderCursor walk((*record)->headers, (*record)->header_count);
    for (record::HeaderView each; walk.next(each);) headers.push_back(each);
    form.add_letter(letters,
                    {.topic = unfit.topic,
                     .partition = unfit.partition,
                     .offset = base + index,
                     .seen_at = now,
                     .why = fault->message,
                     .record = {.timestamp = is_broker_time ? header.max_timestamp
                                                            : header.base_timestamp + (*record)->timestamp_delta,
                                .key = (*record)->key,
                                .value = (*record)->value,
                                .headers = headers}});
    if (letters.uncompressed_bytes() >= letters_bytes_max) batches.push_back(letters.finish());
    ++fault;
  }
  if (!letters.empty()) batches.push_back(letters.finish());
  return batches;
}

}  // namespace

PartitionIndex partition_of_letters(const HostedTopic& quarantine, PartitionIndex source) {
  return source % static_cast<PartitionIndex>(quarantine.partitions.size());
}

PutAside put_aside(const QuarantineForm& form, const HostedTopic& quarantine, const Unfit& unfit,
                   const record::BatchHeader& header, ByteView batch, Timestamp now) {
  PutAside aside;
  aside.to = quarantine.find(partition_of_letters(quarantine, unfit.partition));
  for (const auto& fault : unfit.faults) aside.indexes.push_back(fault.index);
  const auto codec = quarantine.settings.rules.recompress.value_or(header.codec());
  aside.letters = [&form, unfit, codec, &header, batch, now](Offset base) {
    return letters_of(form, unfit, codec, header, batch, now, base);
  };
  return aside;
}

void prepare_letters(PutAside& aside, Offset expected) {
  auto ready = aside.letters(expected);
  aside.letters = [make = std::move(aside.letters), ready = std::move(ready), expected](Offset base) mutable {
    return base == std::exchange(expected, no_offset) ? std::move(ready) : make(base);
  };
}

}  // namespace millrace::runtime
