#include "delivery_token.hpp"

#include <limits>

#include "base36.hpp"
#include "delivery_limits.hpp"
#include "millrace/core/siphash.hpp"

namespace millrace::http::routes {

namespace {

/// A number of 64 bits in two words: base36.hpp has none with the highest bit.
constexpr unsigned half_bits = 32;
constexpr std::int64_t half_max = std::numeric_limits<std::uint32_t>::max();

}  // namespace

std::string token_of(const runtime::DeliveryLock& lock) {
  std::string out;
  append_base36(out, lock.partition);
  out += '.';
  append_base36(out, lock.token.offset.value());
  out += '.';
  append_base36(out, static_cast<std::int64_t>(lock.token.hand_out >> half_bits));
  out += '.';
  append_base36(out, static_cast<std::int64_t>(lock.token.hand_out & static_cast<std::uint64_t>(half_max)));
  return out;
}

std::optional<runtime::DeliveryLock> parse_token(std::string_view text) {
  const auto partition = take_base36(text, '.');
  const auto offset = take_base36(text, '.');
  const auto high = take_base36(text, '.');
  if (!partition || !offset || !high || text.find('.') != std::string_view::npos) return std::nullopt;
  const auto low = take_base36(text, '.');
  if (!low || *partition > std::numeric_limits<PartitionIndex>::max() || *high > half_max || *low > half_max)
    return std::nullopt;
  const auto hand_out = static_cast<std::uint64_t>(*high) << half_bits | static_cast<std::uint64_t>(*low);
  return runtime::DeliveryLock{.partition = static_cast<PartitionIndex>(*partition),
                               .token = {.offset = Offset(*offset), .hand_out = hand_out}};
}

Result<void> check_consumer(std::string_view name) {
  if (!name.empty() && name.size() <= delivery_limits::consumer_bytes_max) return {};
  return failure(Errc::invalid, "consumer: a name has 1 to " + std::to_string(delivery_limits::consumer_bytes_max) +
                                    " bytes, not " + std::to_string(name.size()));
}

delivery::ConsumerId consumer_named(std::string_view name) {
  return delivery::ConsumerId{siphash128(as_bytes(name), SipKey{}).low};
}

}  // namespace millrace::http::routes
