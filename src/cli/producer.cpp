#include "producer.hpp"

#include <algorithm>
#include <array>

#include "client.hpp"
#include "millrace/core/escaped.hpp"
#include "millrace/core/limits.hpp"

namespace millrace::cli {

namespace {

constexpr std::uint64_t under_way_max = 16 * limits::MiB;
constexpr std::uint64_t troubles_told = 10;  ///< the rest is only counted
constexpr int step_ms = 100;
constexpr std::int64_t batch_bytes = 900'000;

rd_kafka_headers_t* headers_of(const Record& record) {
  auto* headers = rd_kafka_headers_new(record.headers.size());
  for (const auto& [name, value] : record.headers) {
    rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), value ? value->data() : nullptr,
                        value ? static_cast<ssize_t>(value->size()) : 0);
  }
  return headers;
}

rd_kafka_vu_t bytes_field(rd_kafka_vtype_t type, const std::optional<std::string>& bytes) {
  rd_kafka_vu_t field{};
  field.vtype = type;
  field.u.mem.ptr = bytes ? const_cast<char*>(bytes->data()) : nullptr;  // copied, not written to
  field.u.mem.size = bytes ? bytes->size() : 0;
  return field;
}

std::uint64_t size_of(const Record& record) {
  return (record.key ? record.key->size() : 0) + (record.value ? record.value->size() : 0);
}

/// A batch that is too large is refused whole, with what would have been taken alone: so none is made that is larger
/// than `limit`, which the topic has. murmur2_random puts a key where Java's clients do.
kafka::Settings settings_of(const std::string& acks, std::optional<std::int64_t> limit) {
  const auto message_max =
      std::clamp<std::int64_t>(limit.value_or(limits::request_bytes_max), 1'000,  // librdkafka's least
                               limits::request_bytes_max);
  return {{"acks", acks},
          {"enable.idempotence", acks == "all" ? "true" : "false"},
          {"partitioner", "murmur2_random"},
          {"linger.ms", "5"},
          {"message.max.bytes", std::to_string(message_max)},
          {"batch.size", std::to_string(std::min(message_max, batch_bytes))},
          {"delivery.timeout.ms", "30000"}};
}

/// Nothing when it was taken; the headers are then librdkafka's.
rd_kafka_resp_err_t enqueue(rd_kafka_t& client, const std::string& topic, const Record& record,
                            rd_kafka_headers_t* headers, std::uint64_t line) {
  std::array<rd_kafka_vu_t, 8> fields{};
  fields[0].vtype = RD_KAFKA_VTYPE_TOPIC;
  fields[0].u.cstr = topic.c_str();
  fields[1].vtype = RD_KAFKA_VTYPE_PARTITION;
  fields[1].u.i32 = record.partition < 0 ? RD_KAFKA_PARTITION_UA : record.partition;
  fields[2].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  fields[2].u.i = RD_KAFKA_MSG_F_COPY;
  fields[3].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
  fields[3].u.i64 = record.timestamp < 0 ? 0 : record.timestamp;
  fields[4].vtype = RD_KAFKA_VTYPE_OPAQUE;
  fields[4].u.ptr = reinterpret_cast<void*>(static_cast<std::uintptr_t>(line));
  fields[5].vtype = RD_KAFKA_VTYPE_HEADERS;
  fields[5].u.headers = headers;
  fields[6] = bytes_field(RD_KAFKA_VTYPE_KEY, record.key);
  fields[7] = bytes_field(RD_KAFKA_VTYPE_VALUE, record.value);
  auto* fault = rd_kafka_produceva(&client, fields.data(), fields.size());
  const auto code = rd_kafka_error_code(fault);
  if (fault != nullptr) rd_kafka_error_destroy(fault);
  return code;
}

}  // namespace

Result<std::unique_ptr<Producer>> Producer::start(const std::string& bootstrap, std::string topic,
                                                  const std::string& acks, Told told) {
  std::unique_ptr<Producer> made(new Producer(std::move(topic), told, acks != "0"));
  made->watch_.delivered = delivered;
  made->watch_.to = made.get();
  auto asking = kafka::make_client(RD_KAFKA_PRODUCER, bootstrap, {}, made->watch_);
  if (!asking) return failure_of(asking);
  const auto partitions = kafka::partition_count(**asking, made->watch_, made->topic_);
  if (!partitions) return failure_of(partitions);
  made->partitions_ = *partitions;
  const auto limit = kafka::topic_number(**asking, made->topic_, "max.message.bytes");
  asking->reset();
  auto client = kafka::make_client(RD_KAFKA_PRODUCER, bootstrap, settings_of(acks, limit), made->watch_);
  if (!client) return failure_of(client);
  made->client_ = std::move(*client);
  return made;
}

Result<void> Producer::send(const Record& record, std::uint64_t line) {
  while (under_way_bytes_ > under_way_max && !is_over()) rd_kafka_poll(client_.get(), step_ms);
  auto* headers = headers_of(record);
  for (;;) {
    const auto code = enqueue(*client_, topic_, record, headers, line);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) break;
    if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL && !is_over()) {
      rd_kafka_poll(client_.get(), step_ms);
      continue;
    }
    rd_kafka_headers_destroy(headers);
    return tl::unexpected(kafka::error_of(code, "cannot be sent", watch_));
  }
  under_way_bytes_ += size_of(record);
  return {};
}

void Producer::poll() { rd_kafka_poll(client_.get(), 0); }

void Producer::flush_output() { output_.flush(); }

void Producer::finish() {
  while (rd_kafka_outq_len(client_.get()) > 0 && !watch_.fatal) rd_kafka_poll(client_.get(), step_ms);
  output_.flush();
}

void Producer::delivered(const rd_kafka_message_t& message, void* self) {
  static_cast<Producer*>(self)->settle(message);
}

void Producer::settle(const rd_kafka_message_t& message) {
  under_way_bytes_ -= std::min<std::uint64_t>(under_way_bytes_, message.len + message.key_len);
  const auto line = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(message._private));
  if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    ++acknowledged_;
    return tell(message, line);
  }
  const auto fault = kafka::error_of(message.err, line == 0 ? "refused" : "line " + std::to_string(line), watch_);
  is_unreachable_ = is_unreachable_ || fault.code == Errc::io;
  if (++refused_ <= troubles_told && on_trouble) on_trouble(fault.message);
}

void Producer::tell(const rd_kafka_message_t& message, std::uint64_t line) {
  if (told_ == Told::ids) {
    output_.write(escaped(topic_) + "/" + std::to_string(message.partition) + "/" + std::to_string(message.offset) +
                  "\n");
  } else if (told_ == Told::json) {
    Json json{{"topic", topic_}, {"partition", message.partition}, {"offset", message.offset}};
    if (line > 0) json["line"] = line;
    output_.write(json.dump() + "\n");
  }
}

std::string Producer::summary() const {
  const auto count = [](std::uint64_t n) { return std::to_string(n) + (n == 1 ? " record" : " records"); };
  return count(acknowledged_) + (is_acknowledged_ ? " acknowledged" : " sent, which nobody acknowledged") +
         (refused_ > 0 ? ", " + std::to_string(refused_) + " refused" : "");
}

}  // namespace millrace::cli
