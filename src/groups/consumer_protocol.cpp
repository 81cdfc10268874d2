#include "millrace/groups/consumer_protocol.hpp"

#include <algorithm>

#include "cursor.hpp"

namespace millrace::groups {

namespace {

constexpr std::int16_t newest_version = 3;
constexpr std::size_t least_topic_bytes = 2;
constexpr std::size_t least_partitions_bytes = 6;

NamedPartitions partitions_of(Cursor& in) {
  NamedPartitions out;
  const std::size_t topics = in.count(least_partitions_bytes);
  for (std::size_t i = 0; i < topics && in.ok(); ++i) {
    auto& into = out[in.text()];
    const std::size_t partitions = in.count(sizeof(PartitionIndex));
    for (std::size_t at = 0; at < partitions; ++at) into.insert(in.integer<std::int32_t>());
  }
  return out;
}

void append_partitions(Bytes& out, const NamedPartitions& partitions) {
  append_be(out, static_cast<std::int32_t>(partitions.size()));
  for (const auto& [topic, indexes] : partitions) {
    append_be(out, static_cast<std::int16_t>(topic.size()));
    append_bytes(out, as_bytes(topic));
    append_be(out, static_cast<std::int32_t>(indexes.size()));
    for (const PartitionIndex index : indexes) append_be(out, index);
  }
}

void skip_nullable_bytes(Cursor& in) { in.skip(std::max(in.integer<std::int32_t>(), 0)); }

}  // namespace

std::optional<Subscription> read_subscription(ByteView bytes) {
  Cursor in(bytes);
  Subscription out;
  out.version = in.integer<std::int16_t>();
  const std::size_t topics = in.count(least_topic_bytes);
  for (std::size_t i = 0; i < topics && in.ok(); ++i) out.topics.push_back(in.text());
  skip_nullable_bytes(in);
  if (out.version >= 1) out.owned = partitions_of(in);
  if (out.version >= 2) in.skip(sizeof(std::int32_t));  // the generation in which it owned them
  if (out.version >= 3) out.rack_id = in.nullable_text();
  if (!in.ok() || out.version < 0) return std::nullopt;
  return out;
}

std::optional<NamedPartitions> read_assignment(ByteView bytes) {
  if (bytes.empty()) return NamedPartitions{};
  Cursor in(bytes);
  const auto version = in.integer<std::int16_t>();
  NamedPartitions out = partitions_of(in);
  if (!in.ok() || version < 0) return std::nullopt;
  return out;
}

Bytes write_assignment(std::int16_t version, const NamedPartitions& partitions) {
  constexpr std::int32_t no_user_data = -1;
  Bytes out;
  append_be(out, std::min(version, newest_version));
  append_partitions(out, partitions);
  append_be(out, no_user_data);
  return out;
}

Bytes without(const Bytes& assignment, const NamedPartitions& gone) {
  if (assignment.empty()) return assignment;
  Cursor in(assignment);
  const auto version = in.integer<std::int16_t>();
  auto left = partitions_of(in);
  if (!in.ok() || version < 0) return assignment;
  for (const auto& [topic, partitions] : gone) {
    const auto found = left.find(topic);
    if (found == left.end()) continue;
    for (const PartitionIndex partition : partitions) found->second.erase(partition);
    if (found->second.empty()) left.erase(found);
  }
  Bytes out;
  append_be(out, version);
  append_partitions(out, left);
  append_bytes(out, in.rest());
  return out;
}

std::optional<std::vector<std::string>> subscribed_topics(ByteView subscription) {
  Cursor in(subscription);
  const auto version = in.integer<std::int16_t>();
  const std::size_t count = in.count(least_topic_bytes);
  std::vector<std::string> topics;
  for (std::size_t i = 0; i < count && in.ok(); ++i) topics.push_back(in.text());
  if (!in.ok() || version < 0) return std::nullopt;
  return topics;
}

}  // namespace millrace::groups
