// A response as a client of ours would get it: two bytes of API key, two of version, then the frame.

#include <cstdint>
#include <cstdlib>

#include "millrace/protocol/apis.hpp"
#include "millrace/protocol/codec.hpp"
#include "within.hpp"

using namespace millrace;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  const auto* const bytes = reinterpret_cast<const std::byte*>(data);
  const auto key = load_be<std::int16_t>(bytes);
  const auto version = load_be<std::int16_t>(bytes + 2);
  Bytes frame(bytes + 4, bytes + size);
  protocol::with_api(key, [&](auto api) {
    using Response = typename decltype(api)::Response;
    const testing::HeapWatch watch;
    const auto received = protocol::decode_response<Response>(version, frame);
    testing::demand_heap_in_proportion(watch, frame.size());
    if (!received) return;
    const auto again = protocol::encode(version, received->response);
    auto sent = protocol::encode_response(version, received->correlation_id, received->response);
    if (!sent || !sent->holes.empty()) std::abort();
    const auto twice =
        protocol::decode_response<Response>(version, MutableBytes(sent->bytes).subspan(protocol::frame_prefix_bytes));
    if (!twice || protocol::encode(version, twice->response) != again) std::abort();
  });
  return 0;
}
