// A request frame from a stranger, without its size prefix: its first bytes choose API and version.

#include <cstdint>
#include <cstdlib>

#include "millrace/protocol/apis.hpp"
#include "millrace/protocol/codec.hpp"
#include "within.hpp"

using namespace millrace;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes frame(reinterpret_cast<const std::byte*>(data), reinterpret_cast<const std::byte*>(data) + size);
  const testing::HeapWatch watch;
  const auto request = protocol::read_request(frame);
  if (request) {
    protocol::with_api(request->header.api_key, [&](auto api) {
      using Request = typename decltype(api)::Request;
      const auto version = request->header.api_version;
      const auto message = protocol::decode<Request>(version, request->body);
      testing::demand_heap_in_proportion(watch, size);
      if (!message) return;
      // What was understood can be said again, and is understood again as the same.
      auto again = protocol::encode(version, *message);
      const auto twice = protocol::decode<Request>(version, again);
      if (!twice || protocol::encode(version, *twice) != again) std::abort();
    });
  }
  return 0;
}
