// F-5: any bytes as a compressed stream; the first byte is the codec. Never more comes out than the bound, nothing is
// left behind by a failure, memory follows what really came out, and what came out survives being deflated again.

#include <algorithm>
#include <cstdlib>

#include "millrace/record/compression.hpp"

namespace {

using namespace millrace;

constexpr std::size_t bound = 1 << 20;

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto codec = static_cast<record::Codec>(data[0] & 7);
  const auto stream = std::as_bytes(std::span(data + 1, size - 1));
  Bytes out;
  const auto done = record::inflate(codec, stream, bound, out);
  if (!done) {
    require(out.empty() && !done.error().message.empty());
    return 0;
  }
  require(out.size() <= bound);
  require(out.capacity() <= std::max<std::size_t>({4096, 4 * stream.size(), 2 * out.size()}) + 1);
  Bytes again;
  require(record::inflate(codec, record::deflate(codec, out), bound, again).has_value());
  require(again == out);
  return 0;
}
