// A stream of frames that arrives in pieces: the first byte says how large the pieces are. However it is cut, the
// same frames come out, and a stream that is refused in one piece is refused in many.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "millrace/protocol/frame.hpp"

using namespace millrace;

namespace {

struct Split {
  std::vector<Bytes> frames;
  bool refused = false;
  bool operator==(const Split&) const = default;
};

constexpr std::int32_t frame_bytes_max = 4096;

Split split(ByteView stream, std::size_t piece) {
  Split result;
  Bytes received;
  while (!stream.empty() && !result.refused) {
    const auto taken = stream.first(std::min(piece, stream.size()));
    append_bytes(received, taken);
    stream = stream.subspan(taken.size());
    std::size_t used = 0;
    while (true) {
      const auto frame = protocol::first_frame(MutableBytes(received).subspan(used), frame_bytes_max);
      result.refused = !frame.has_value();
      if (result.refused || !frame->has_value()) break;
      result.frames.emplace_back((*frame)->begin(), (*frame)->end());
      static_cast<void>(protocol::read_request(**frame));
      used += protocol::frame_prefix_bytes + (*frame)->size();
    }
    received.erase(received.begin(), received.begin() + static_cast<std::ptrdiff_t>(used));
  }
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView stream(reinterpret_cast<const std::byte*>(data) + 1, size - 1);
  if (split(stream, std::size_t{1} + data[0]) != split(stream, stream.size() + 1)) std::abort();
  return 0;
}
