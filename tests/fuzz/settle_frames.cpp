// Any bytes as a frame by which a consumer settles: what is read keeps the bounds, what is refused says why, in words
// that fit into a close.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "../../src/http/routes/settlement.hpp"
#include "millrace/core/escaped.hpp"
#include "millrace/delivery/policy.hpp"

namespace {

using namespace millrace;
using namespace millrace::http::routes;

constexpr std::size_t close_bytes_max = 123;  // RFC 6455, section 5.5
constexpr std::size_t tokens_max = 1'000;
constexpr std::size_t token_bytes_max = 64;

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto frame = parse_settle_frame({reinterpret_cast<const char*>(data), size});
  if (!frame) {
    const auto& reason = frame.error().reason;
    require(!reason.empty() && reason.size() <= close_bytes_max && is_utf8(reason));
    require(reason.find('\n') == std::string::npos);
    return 0;
  }
  std::size_t tokens = 0;
  for (const auto& each : frame->settlements) {
    tokens += each.tokens.size();
    for (const auto& token : each.tokens) require(token.size() <= token_bytes_max && is_utf8(token));
    require(each.delay >= Milliseconds(0) && each.delay <= delivery::delay_ceiling);
    require(each.delay == Milliseconds(0) || each.verb == SettleVerb::release || each.verb == SettleVerb::fail);
    require(each.failure.message.empty() || each.verb == SettleVerb::reject || each.verb == SettleVerb::fail);
  }
  require(tokens <= tokens_max);
  return 0;
}
