#include "millrace/groups/consumer_protocol.hpp"

#include "cursor.hpp"

namespace millrace::groups {

std::optional<std::vector<std::string>> subscribed_topics(ByteView subscription) {
  constexpr std::size_t least_topic_bytes = 2;
  Cursor in(subscription);
  const auto version = in.integer<std::int16_t>();
  const std::size_t count = in.count(least_topic_bytes);
  std::vector<std::string> topics;
  for (std::size_t i = 0; i < count && in.ok(); ++i) topics.push_back(in.text());
  if (!in.ok() || version < 0) return std::nullopt;
  return topics;
}

}  // namespace millrace::groups
