#include "consumer.hpp"

#include <algorithm>
#include <span>

#include "millrace/core/escaped.hpp"

namespace millrace::cli {

namespace {

constexpr int patience_ms = 15'000;

kafka::Settings settings_of(const ConsumerWish& wish) {
  kafka::Settings settings{{"enable.partition.eof", "true"},
                           {"enable.auto.offset.store", "false"},
                           {"auto.offset.reset", wish.from.kind == From::Kind::end ? "latest" : "earliest"},
                           {"check.crcs", "true"},
                           {"fetch.wait.max.ms", "50"},
                           {"queued.max.messages.kbytes", "16384"}};
  if (!wish.group.empty()) {
    settings.insert(settings.end(), {{"group.id", wish.group}, {"auto.commit.interval.ms", "1000"}});
  }
  return settings;
}

}  // namespace

Result<std::unique_ptr<Consumer>> Consumer::start(const ConsumerWish& wish) {
  std::unique_ptr<Consumer> made(new Consumer);
  auto client = kafka::make_client(RD_KAFKA_CONSUMER, wish.bootstrap, settings_of(wish), made->watch_);
  if (!client) return failure_of(client);
  made->client_ = std::move(*client);
  const auto count = kafka::partition_count(*made->client_, made->watch_, wish.topic);
  if (!count) return failure_of(count);
  if (wish.partition && *wish.partition >= *count) {
    return failure(Errc::invalid, "partition " + std::to_string(*wish.partition) + " does not exist: topic " +
                                      escaped(wish.topic) + " has " + std::to_string(*count) + ", from 0 on");
  }
  auto extents = made->extents(wish, *count);
  if (!extents) return failure_of(extents);
  made->extents_ = std::move(*extents);
  const auto begun = wish.group.empty() ? made->look(wish) : made->join(wish);
  if (!begun) return failure_of(begun);
  return made;
}

Result<std::map<std::int32_t, Extent>> Consumer::extents(const ConsumerWish& wish, std::int32_t count) {
  std::map<std::int32_t, Extent> found;
  for (std::int32_t partition = 0; partition < count; ++partition) {
    if (wish.partition && *wish.partition != partition) continue;
    auto& extent = found[partition];
    const auto code = rd_kafka_query_watermark_offsets(client_.get(), wish.topic.c_str(), partition, &extent.start,
                                                       &extent.end, patience_ms);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    return tl::unexpected(kafka::error_of(code, "ask where partition " + std::to_string(partition) + " ends", watch_));
  }
  return found;
}

Result<std::map<std::int32_t, std::int64_t>> Consumer::first_offsets(const ConsumerWish& wish) {
  std::map<std::int32_t, std::int64_t> first;
  if (wish.from.kind != From::Kind::time) {
    for (const auto& [partition, extent] : extents_) {
      const auto offset = first_offset(wish.from, extent);
      if (!offset) return tl::unexpected(offset.error().within("partition " + std::to_string(partition)));
      first[partition] = *offset;
    }
    return first;
  }
  const kafka::Partitions asked(rd_kafka_topic_partition_list_new(static_cast<int>(extents_.size())));
  for (const auto& [partition, extent] : extents_) {
    rd_kafka_topic_partition_list_add(asked.get(), wish.topic.c_str(), partition)->offset = wish.from.value;
  }
  const auto code = rd_kafka_offsets_for_times(client_.get(), asked.get(), patience_ms);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return tl::unexpected(kafka::error_of(code, "look up the time", watch_));
  for (int i = 0; i < asked->cnt; ++i) {
    const auto& found = asked->elems[i];
    if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return tl::unexpected(kafka::error_of(found.err, "look up the time", watch_));
    }
    // Nothing at or after the time: the end.
    first[found.partition] = found.offset >= 0 ? found.offset : extents_.at(found.partition).end;
  }
  return first;
}

/// Reads without a group, and so without a trace on the broker.
Result<void> Consumer::look(const ConsumerWish& wish) {
  const auto first = first_offsets(wish);
  if (!first) return failure_of(first);
  topic_.reset(rd_kafka_topic_new(client_.get(), wish.topic.c_str(), nullptr));
  queue_.reset(rd_kafka_queue_new(client_.get()));
  for (const auto& [partition, offset] : *first) {
    if (offset >= extents_.at(partition).end) read_.insert(partition);
    if (rd_kafka_consume_start_queue(topic_.get(), partition, offset, queue_.get()) == 0) continue;
    return tl::unexpected(
        kafka::error_of(rd_kafka_last_error(), "read partition " + std::to_string(partition), watch_));
  }
  return {};
}

Result<void> Consumer::join(const ConsumerWish& wish) {
  rd_kafka_poll_set_consumer(client_.get());
  const kafka::Partitions topics(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(topics.get(), wish.topic.c_str(), RD_KAFKA_PARTITION_UA);
  const auto code = rd_kafka_subscribe(client_.get(), topics.get());
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  return tl::unexpected(kafka::error_of(code, "join group " + escaped(wish.group), watch_));
}

Result<kafka::Message> Consumer::next(int wait_ms) {
  if (queue_) rd_kafka_poll(client_.get(), 0);
  kafka::Message message(queue_ ? rd_kafka_consume_queue(queue_.get(), wait_ms)
                                : rd_kafka_consumer_poll(client_.get(), wait_ms));
  if (!message) return message;
  note(*message);
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) return message;
  const auto fault = kafka::error_of(message->err, "read", watch_);
  if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF || fault.code == Errc::io) return kafka::Message();
  return tl::unexpected(fault);
}

void Consumer::note(const rd_kafka_message_t& message) {
  const bool is_record = message.err == RD_KAFKA_RESP_ERR_NO_ERROR;
  if (!is_record && message.err != RD_KAFKA_RESP_ERR__PARTITION_EOF) return;
  watch_.unreachable = false;
  const auto extent = extents_.find(message.partition);
  const bool is_last = extent != extents_.end() && message.offset + (is_record ? 1 : 0) >= extent->second.end;
  if (is_last || !is_record) read_.insert(message.partition);
}

bool Consumer::was_there(const rd_kafka_message_t& message) const {
  const auto extent = extents_.find(message.partition);
  return extent != extents_.end() && message.offset < extent->second.end;
}

bool Consumer::is_at_end() const {
  if (read_.empty()) return false;
  const auto is_read = [this](std::int32_t partition) { return read_.contains(partition); };
  if (queue_) return std::ranges::all_of(extents_, [&](const auto& each) { return is_read(each.first); });
  rd_kafka_topic_partition_list_t* held = nullptr;
  if (rd_kafka_assignment(client_.get(), &held) != RD_KAFKA_RESP_ERR_NO_ERROR) return false;
  const kafka::Partitions assigned(held);
  const std::span ours(assigned->elems, static_cast<std::size_t>(assigned->cnt));
  return !ours.empty() && std::ranges::all_of(ours, [&](const auto& each) { return is_read(each.partition); });
}

void Consumer::handed_on(const std::string& topic, std::int32_t partition, std::int64_t offset) {
  if (queue_) return;
  const kafka::Partitions stored(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(stored.get(), topic.c_str(), partition)->offset = offset + 1;
  // Refused for a partition that was taken from us meanwhile: its next owner prints the record again.
  static_cast<void>(rd_kafka_offsets_store(client_.get(), stored.get()));
}

void Consumer::close() {
  if (!queue_) rd_kafka_consumer_close(client_.get());
}

}  // namespace millrace::cli
