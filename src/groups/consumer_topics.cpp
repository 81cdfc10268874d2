// What a consumer group's subscriptions mean, given the topics that there are.

#include "machine.hpp"
#include "regex.hpp"

namespace millrace::groups {

namespace {

/// FNV-1a: the same on every machine, for it stands in the log.
class Hash {
 public:
  void take(ByteView bytes) {
    for (const std::byte byte : bytes) value_ = (value_ ^ static_cast<std::uint8_t>(byte)) * 0x100000001b3;
  }
  void take(std::int32_t number) {
    std::byte raw[sizeof number];
    store_be(raw, number);
    take(raw);
  }
  [[nodiscard]] std::int64_t value() const { return static_cast<std::int64_t>(value_); }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325;
};

}  // namespace

std::int64_t Machine::hash_of(const ConsumerGroup::Names& names) const {
  Hash hash;
  bool any = false;
  for (const std::string& name : names) {
    const auto topic = topics_->find(name);
    if (!topic) continue;
    any = true;
    hash.take(as_bytes(name));
    hash.take(topic->id.bytes);
    hash.take(topic->partitions);
  }
  return any ? hash.value() : 0;
}

bool Machine::resolve_expression(Group& group, const ConsumerMember& member, Turn& turn) {
  ConsumerGroup& consumer = *group.consumer;
  const std::string expression = member.about.subscribed_regex.value_or("");
  if (expression.empty()) return false;
  const auto known = consumer.expressions().find(expression);
  const bool is_known = known != consumer.expressions().end();
  if (is_known) {
    const bool is_fresh = turn.now.wall < known->second.resolved_at + config_.regex_refresh_interval.count() &&
                          turn.now.wall >= known->second.resolved_at;
    if (known->second.version == topics_->version() || is_fresh) return false;
  }
  RegularExpressionValue resolved{matching_topics(expression, *topics_), topics_->version(), turn.now.wall};
  const bool is_news = !is_known || known->second.topics != resolved.topics;
  if (is_news) turn.write(RegularExpressionKey{group.id(), expression}, resolved);
  consumer.set_expression(expression, std::move(resolved));
  return is_news;
}

void Machine::forget_unused_expressions(Group& group, Turn& turn) {
  ConsumerGroup& consumer = *group.consumer;
  std::set<std::string, std::less<>> unused;
  for (const auto& [expression, resolved] : consumer.expressions()) unused.insert(expression);
  for (const auto& [id, member] : consumer.members()) unused.erase(member.about.subscribed_regex.value_or(""));
  for (const std::string& expression : unused) {
    turn.erase(RegularExpressionKey{group.id(), expression});
    consumer.forget_expression(expression);
  }
}

}  // namespace millrace::groups
