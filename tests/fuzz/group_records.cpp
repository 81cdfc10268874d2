// A log of __consumer_offsets: records of a key length, a value length (0xffff: a tombstone), key and value, until the
// input ends. Whatever it says, a coordinator comes up from it, serves, and comes to rest; what decodes is written
// again as something that decodes to the same. Every key and value is also read as a consumer's subscription.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>

#include "millrace/groups/consumer_protocol.hpp"
#include "millrace/groups/coordinator.hpp"
#include "millrace/groups/group_records.hpp"

using namespace millrace;
using namespace millrace::groups;

namespace {

constexpr std::uint16_t tombstone = 0xffff;
constexpr int ticks_max = 100'000;

void demand(bool holds) {
  if (!holds) std::abort();
}

ByteView take(ByteView& from, std::size_t length) {
  const auto taken = from.first(std::min(length, from.size()));
  from = from.subspan(taken.size());
  return taken;
}

std::uint16_t take_length(ByteView& from) {
  const auto raw = take(from, sizeof(std::uint16_t));
  return raw.size() < sizeof(std::uint16_t) ? tombstone : load_be<std::uint16_t>(raw.data());
}

template <class Value, class Decode>
void demand_round_trip(const Result<Value>& value, Decode decode) {
  if (value) demand(decode(encode_value(*value)).value() == *value);
}

template <class Key>
Bytes encoded(const Key& key) {
  return encode_key(key);
}
/// Only ever read.
Bytes encoded(const ConsumerGroupTopicsKey&) { return {}; }

void demand_round_trips(ByteView bytes) {
  if (const auto key = decode_key(bytes); key && !std::holds_alternative<ConsumerGroupTopicsKey>(*key))
    demand(decode_key(std::visit([](const auto& k) { return encoded(k); }, *key)).value() == *key);
  demand_round_trip(decode_consumer_group_value(bytes), decode_consumer_group_value);
  demand_round_trip(decode_consumer_member_value(bytes), decode_consumer_member_value);
  demand_round_trip(decode_target_epoch_value(bytes), decode_target_epoch_value);
  demand_round_trip(decode_target_assignment_value(bytes), decode_target_assignment_value);
  demand_round_trip(decode_current_assignment_value(bytes), decode_current_assignment_value);
  demand_round_trip(decode_regular_expression_value(bytes), decode_regular_expression_value);
  if (const auto value = decode_offset_value(bytes)) {
    OffsetValue expected = *value;
    if (expected.expire_timestamp != no_timestamp) expected.leader_epoch = -1;
    demand(decode_offset_value(encode_value(*value)).value() == expected);
  }
  if (const auto value = decode_group_value(bytes)) demand(decode_group_value(encode_value(*value)).value() == *value);
  static_cast<void>(subscribed_topics(bytes));
  static_cast<void>(read_subscription(bytes));
  static_cast<void>(read_assignment(bytes));
}

/// Serves every group a little, then lets time run until nothing is left to fire but the sweep.
void serve(Coordinator& coordinator) {
  Now now{};
  coordinator.loaded(now);
  const auto all = coordinator.list({}, Ticket{1}, now);
  std::uint64_t ticket = 1;
  for (const auto& group : std::get<ListReply>(all.replies.at(0).answer).groups) {
    static_cast<void>(coordinator.describe({{group.group_id}}, Ticket{++ticket}, now));
    JoinRequest join;
    join.group_id = group.group_id;
    join.session_timeout = Milliseconds{10'000};
    join.protocol_type = group.protocol_type.empty() ? "consumer" : group.protocol_type;
    join.protocols = {{"range", {}}};
    join.fresh_id = std::to_string(ticket);
    static_cast<void>(coordinator.join(join, Ticket{++ticket}, now));
    static_cast<void>(coordinator.consumer_describe({{group.group_id}}, Ticket{++ticket}, now));
    ConsumerHeartbeatRequest beat;
    beat.group_id = group.group_id;
    beat.member_id = std::to_string(ticket);
    beat.rebalance_timeout = Milliseconds{10'000};
    beat.subscribed_topics = std::vector<std::string>{"t"};
    beat.owned = Assignment{};
    static_cast<void>(coordinator.consumer_heartbeat(beat, Ticket{++ticket}, now));
  }
  for (int i = 0; i < ticks_max && coordinator.totals().members + coordinator.totals().pending_members > 0; ++i) {
    now.steady = std::max(now.steady, *coordinator.next_deadline());
    static_cast<void>(coordinator.tick(now));
  }
  demand(coordinator.totals().members == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteView log(reinterpret_cast<const std::byte*>(data), size);
  Coordinator coordinator{Config{}};
  while (!log.empty()) {
    const std::uint16_t key_length = take_length(log);
    const std::uint16_t value_length = take_length(log);
    const ByteView key = take(log, key_length);
    std::optional<ByteView> value;
    if (value_length != tombstone) value = take(log, value_length);
    demand_round_trips(key);
    if (value) demand_round_trips(*value);
    static_cast<void>(coordinator.replay(key, value));
  }
  serve(coordinator);
  return 0;
}
