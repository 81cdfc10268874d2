#include "shipment.hpp"

#include <algorithm>

#include "millrace/broker/partitioner.hpp"
#include "millrace/cloudevents/kafka.hpp"
#include "millrace/core/escaped.hpp"
#include "millrace/record/builder.hpp"

namespace millrace::forward {

namespace {

using Views = std::vector<record::HeaderView>;

Views views_of(const Headers& headers) {
  Views views;
  views.reserve(headers.size());
  for (const auto& [name, value] : headers) {
    views.push_back({name, value ? std::optional<ByteView>(*value) : std::nullopt});
  }
  return views;
}

std::optional<ByteView> view_of(const std::optional<Bytes>& bytes) {
  return bytes ? std::optional<ByteView>(*bytes) : std::nullopt;
}

/// The value of an attribute of the event in the record; nothing when it is no event, or has none.
std::optional<Bytes> attribute_of(const record::OwnedRecord& record, std::string_view name) {
  const auto headers = views_of(record.headers);
  const auto event = cloudevents::from_record(headers, view_of(record.value));
  if (!event) return std::nullopt;
  const auto text = event->text(name);
  if (text.empty()) return std::nullopt;
  const auto bytes = as_bytes(text);
  return Bytes(bytes.begin(), bytes.end());
}

bool is_for_good(ErrorCode error) {
  return error == ErrorCode::message_too_large || error == ErrorCode::record_list_too_large ||
         error == ErrorCode::invalid_record || error == ErrorCode::invalid_timestamp ||
         error == ErrorCode::corrupt_message || error == ErrorCode::unsupported_compression_type;
}

delivery::Reason reason_of(ErrorCode error) {
  if (error == ErrorCode::message_too_large || error == ErrorCode::record_list_too_large)
    return delivery::Reason::too_large;
  return error == ErrorCode::invalid_record ? delivery::Reason::event_invalid : delivery::Reason::rejected;
}

/// One batch that grows for each partition.
struct Growing {
  record::BatchBuilder builder;
  std::vector<std::size_t> cargo;
};

}  // namespace

std::vector<Consignment> pack(const std::vector<Cargo>& cargo, std::string_view subscription, std::string_view topic,
                              std::string_view key_attribute, std::int32_t partitions, std::size_t batch_bytes_max) {
  std::vector<Consignment> packed;
  std::map<PartitionIndex, Growing> growing;
  const auto close = [&](PartitionIndex partition, Growing& batch) {
    packed.push_back({partition, batch.builder.finish(), std::exchange(batch.cargo, {})});
  };
  for (std::size_t i = 0; i < cargo.size(); ++i) {
    const auto& [lock, record] = cargo[i];
    const auto extracted = key_attribute.empty() ? std::nullopt : attribute_of(record, key_attribute);
    const auto key = extracted ? view_of(extracted) : view_of(record.key);
    const auto partition = key ? broker::partition_of_key(*key, partitions) : lock.partition % partitions;
    const auto headers = headers_of(record, {subscription, topic, lock.partition});
    std::size_t size = (key ? key->size() : 0) + (record.value ? record.value->size() : 0);
    for (const auto& [name, value] : headers) size += name.size() + (value ? value->size() : 0);
    auto& batch = growing[partition];
    if (!batch.builder.empty() && batch.builder.uncompressed_bytes() + size > batch_bytes_max) close(partition, batch);
    const auto views = views_of(headers);
    batch.builder.add({.timestamp = record.timestamp, .key = key, .value = view_of(record.value), .headers = views});
    batch.cargo.push_back(i);
  }
  for (auto& [partition, batch] : growing) {
    if (!batch.builder.empty()) close(partition, batch);
  }
  return packed;
}

Verdict judge(const runtime::ProducePartAnswer& answer, std::string_view topic) {
  const auto error = answer.append.error;
  if (error == ErrorCode::none) return {};
  Verdict verdict;
  verdict.fate = is_for_good(error) ? Verdict::Fate::rejected : Verdict::Fate::failed;
  verdict.failure.reason = reason_of(error);
  const auto& why = answer.faults.empty() ? answer.append.message : answer.faults.front().message;
  verdict.failure.message =
      "topic " + escaped(topic) + ": " + std::string(name_of(error)) + (why.empty() ? "" : ": " + why);
  return verdict;
}

}  // namespace millrace::forward
