#include "fetch_draft.hpp"

#include "millrace/core/limits.hpp"

namespace millrace::kafka::handlers {

using protocol::FetchResponse;

namespace {

/// Below this a copy into the answer costs less than a system call of its own for each partition.
constexpr std::size_t sendfile_from = 64 * limits::KiB;

}  // namespace

void FetchDraft::add(const runtime::TopicRef& topic, PartitionIndex partition, broker::FetchAnswer& answer) {
  auto& topics = response_.responses;
  const bool same =
      !topics.empty() && topics.back().topic == topic.name && topics.back().topic_id == topic.id.value_or(Uuid{});
  if (!same) {
    auto& begun = topics.emplace_back();
    begun.topic = topic.name;
    begun.topic_id = topic.id.value_or(Uuid{});
  }
  auto& into = topics.back().partitions.emplace_back();
  into.partition_index = partition;
  into.error_code = for_version(answer.error);
  into.high_watermark = answer.high_watermark.value();
  into.last_stable_offset = answer.last_stable_offset.value();
  into.log_start_offset = answer.log_start_offset.value();
  if (answer.diverging) {
    into.diverging_epoch = {.epoch = answer.diverging->epoch, .end_offset = answer.diverging->end_offset.value()};
  }
  if (answer.aborted) {
    auto& aborted = into.aborted_transactions.emplace();
    for (const auto& each : *answer.aborted) aborted.push_back({each.producer_id, each.first_offset.value()});
  }
  if (answer.error == ErrorCode::none && !attach(into, std::move(answer.slice))) {
    into.error_code = for_version(ErrorCode::kafka_storage_error);
  }
}

ErrorCode FetchDraft::for_version(ErrorCode error) const {
  const bool unknown_to_client = error == ErrorCode::kafka_storage_error && version_ <= 5;
  return unknown_to_client ? ErrorCode::not_leader_or_follower : error;
}

/// False when the bytes could not be read.
bool FetchDraft::attach(FetchResponse::Partition& into, runtime::FileRange range) {
  if (range.length == 0) return true;
  if (range.length >= sendfile_from) {
    into.records = protocol::ExternalRecords{.slot = static_cast<std::uint32_t>(ranges_.size()),
                                             .size = static_cast<std::uint32_t>(range.length)};
    ranges_.push_back(std::move(range));
    return true;
  }
  Bytes copy(range.length);
  const auto read = range.file->read_at(range.position, copy);
  if (!read || *read != copy.size()) return false;
  copies_.push_back(std::move(copy));
  into.records = ByteView(copies_.back());
  return true;
}

}  // namespace millrace::kafka::handlers
