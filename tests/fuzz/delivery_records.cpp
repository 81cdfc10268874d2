// A log of __millrace_delivery: records of a key length, a value length (0xffff: a tombstone), key and value, until the
// input ends. Whatever it says, a machine comes up from it, is told a log, serves, and comes to rest; what decodes is
// written again as something that decodes to the same.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <vector>

#include "millrace/delivery/partition_delivery.hpp"

using namespace millrace;
using namespace millrace::delivery;

namespace {

constexpr std::uint16_t tombstone = 0xffff;
constexpr int rounds_max = 2'000;

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

/// Each wanted event is there, of one of three keys; what is wanted without end has ten more.
void feed(PartitionDelivery& machine, Now now) {
  const auto wanted = machine.wanted();
  if (!wanted || wanted->from.value() > INT64_MAX - 20) return;
  const Offset to = wanted->to.value_or(wanted->from + 10);
  std::vector<Event> events;
  for (Offset at = wanted->from; at < to; at = at + 1)
    events.push_back({at, static_cast<KeyHash>(at.value()) % 3, now.wall});
  static_cast<void>(machine.tell(wanted->from, to, events, now));
}

void serve(PartitionDelivery& machine) {
  Now now{Instant{}, 1'700'000'000'000};
  if (!machine.loaded().known) static_cast<void>(machine.begin(Offset(0)));
  for (int round = 0; round < rounds_max; ++round) {
    if (round < 100) feed(machine, now);
    now.steady = std::max(now.steady, machine.next_deadline().value_or(now.steady));
    Effects effects = machine.tick(now);
    const auto taken = machine.acquire(100, ConsumerId{1}, now).events;
    std::vector<Token> tokens;
    for (const Acquired& one : taken) tokens.push_back(one.token);
    const auto answer = machine.acknowledge(tokens, now);
    demand(std::ranges::all_of(answer.errors, [](TokenError error) { return error == TokenError::none; }));
    for (const DeadLetter& letter : effects.letters) static_cast<void>(machine.archived(letter.offset, Offset(1), now));
    if (taken.empty() && !machine.next_deadline() && round >= 100) break;
  }
  const auto facts = machine.facts();
  demand(facts.acquired == 0 && facts.waiting == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteView log(reinterpret_cast<const std::byte*>(data), size);
  Policy policy;
  policy.order = size % 2 == 0 ? Order::none : Order::key;
  PartitionDelivery machine(std::make_shared<Policy>(policy), 1);
  while (!log.empty()) {
    const std::uint16_t key_length = take_length(log);
    const std::uint16_t value_length = take_length(log);
    const ByteView key = take(log, key_length);
    std::optional<ByteView> value;
    if (value_length != tombstone) value = take(log, value_length);
    const auto record = decode(key, value);
    if (!record) continue;
    const LogRecord again = encode(record->home, record->record);
    const auto twice = decode(again.key, again.value ? std::optional<ByteView>(*again.value) : std::nullopt);
    demand(twice.has_value() && twice->home == record->home && twice->record == record->record);
    machine.replay(record->record);
  }
  serve(machine);
  return 0;
}
