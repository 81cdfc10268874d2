#include "counts.hpp"

namespace millrace::kafka {

namespace {

constexpr std::size_t keys_max = 128;

constexpr std::array<std::uint8_t, keys_max> by_key = [] {
  std::array<std::uint8_t, keys_max> indexes{};
  indexes.fill(api_count);
  std::uint8_t next = 0;
  protocol::for_each_api([&](auto api) { indexes[static_cast<std::size_t>(decltype(api)::shape.key)] = next++; });
  return indexes;
}();

}  // namespace

std::size_t api_index(ByteView frame) noexcept {
  if (frame.size() < sizeof(std::int16_t)) return api_count;
  const auto key = load_be<std::int16_t>(frame.data());
  return key < 0 || static_cast<std::size_t>(key) >= keys_max ? api_count : by_key[static_cast<std::size_t>(key)];
}

}  // namespace millrace::kafka
