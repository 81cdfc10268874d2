#include "fill.hpp"

#include <sys/time.h>

#include <algorithm>
#include <array>

#include "millrace/protocol/messages/produce.hpp"
#include "millrace/record/builder.hpp"
#include "topics.hpp"

namespace millrace::bench {

namespace {

using protocol::ProduceRequest;
using protocol::ProduceResponse;

constexpr std::int16_t version = 12;  // the last that names topics
constexpr std::uint64_t batch_events = 500;

/// {"text":"…"}, so that it has `bytes`.
std::string json_of(std::size_t bytes) {
  constexpr std::string_view front = "{\"text\":\"", back = "\"}";
  std::string text(front);
  std::uint32_t state = 1;
  while (text.size() + back.size() < bytes)
    text += static_cast<char>('a' + (state = state * 1'664'525 + 1'013'904'223) % 26);
  return text.append(back);
}

Bytes batch_of(std::int32_t partition, std::uint64_t first, std::uint64_t count, const std::string& data,
               std::uint64_t keys) {
  timeval now{};
  ::gettimeofday(&now, nullptr);
  record::BatchBuilder builder;
  for (std::uint64_t i = first; i < first + count; ++i) {
    const auto id = std::to_string(partition) + "-" + std::to_string(i);
    const std::array<record::HeaderView, 5> headers{{
        {.key = "content-type", .value = as_bytes("application/json")},
        {.key = "ce_specversion", .value = as_bytes("1.0")},
        {.key = "ce_id", .value = as_bytes(id)},
        {.key = "ce_source", .value = as_bytes("/bench/fill")},
        {.key = "ce_type", .value = as_bytes("com.example.order.placed")},
    }};
    const auto key = keys == 0 ? std::string() : "k" + std::to_string(i % keys);
    builder.add({.timestamp = now.tv_sec * 1000,
                 .key = keys == 0 ? std::nullopt : std::optional(as_bytes(key)),
                 .value = as_bytes(data),
                 .headers = headers});
  }
  return builder.finish();
}

Result<void> produce_batch(Connection& connection, const std::string& name, std::int32_t partition, Bytes batch) {
  ProduceRequest request;
  request.acks = -1;
  request.timeout_ms = 30'000;
  auto& topic = request.topic_data.emplace_back();
  topic.name = name;
  topic.partition_data.push_back({.index = partition, .records = MutableBytes(batch)});
  if (auto sent = connection.send_all(protocol::encode_request(version, 0, client_id, request)); !sent) return sent;
  auto frame = connection.next_frame();
  while (!frame) {
    if (auto got = connection.receive(Connection::Patience::until_it_comes); !got) return got;
    frame = connection.next_frame();
  }
  const auto received = protocol::decode_response<ProduceResponse>(version, *frame);
  if (!received) return failure_of(received);
  const auto& topics = received->response.responses;
  if (topics.size() != 1 || topics.front().partition_responses.size() != 1)
    return failure(Errc::invalid, "Produce: the answer does not name one partition");
  const auto error = topics.front().partition_responses.front().error_code;
  if (error != ErrorCode::none) return refused("Produce", name, partition, error);
  return {};
}

}  // namespace

Result<void> fill_with_events(Connection& connection, const std::string& topic, const Filling& filling) {
  if (auto made = make_topic(connection, topic, filling.partitions); !made) return made;
  const auto data = json_of(filling.data_bytes);
  const auto share = filling.events / static_cast<std::uint64_t>(filling.partitions);
  for (std::int32_t partition = 0; partition < filling.partitions; ++partition) {
    const auto extent = extent_of(connection, topic, partition);
    if (!extent) return failure_of(extent);
    auto have = static_cast<std::uint64_t>(extent->end);
    if (have > share || extent->begin != 0)
      return failure(Errc::invalid, "topic " + topic + " has other events already: name a new one");
    while (have < share) {
      const auto count = std::min(batch_events, share - have);
      auto batch = batch_of(partition, have, count, data, filling.keys);
      if (auto sent = produce_batch(connection, topic, partition, std::move(batch)); !sent) return sent;
      have += count;
    }
  }
  return {};
}

}  // namespace millrace::bench
