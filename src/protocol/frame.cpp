#include "millrace/protocol/frame.hpp"

#include <algorithm>
#include <utility>

#include "millrace/core/check.hpp"
#include "millrace/protocol/apis.hpp"
#include "millrace/protocol/reader.hpp"

namespace millrace::protocol {

Result<std::size_t> frame_size(ByteView prefix, std::int32_t max) {
  CHECK(prefix.size() >= frame_prefix_bytes, "the caller waits for the whole prefix");
  const auto size = load_be<std::int32_t>(prefix.data());
  if (size < 0 || size > max) {
    return failure(Errc::too_large,
                   "frame size " + std::to_string(size) + ": 0 to " + std::to_string(max) + " bytes are accepted");
  }
  return static_cast<std::size_t>(size);
}

Result<std::optional<MutableBytes>> first_frame(MutableBytes received, std::int32_t max) {
  if (received.size() < frame_prefix_bytes) return std::nullopt;
  const auto size = frame_size(received, max);
  if (!size) return failure_of(size);
  if (received.size() - frame_prefix_bytes < *size) return std::nullopt;
  return received.subspan(frame_prefix_bytes, *size);
}

Result<RequestFrame> read_request(MutableBytes frame) {
  RequestFrame request;
  auto& header = request.header;
  Reader classic(frame, 1, false);
  std::optional<std::string> client_id;
  classic.field("api_key", header.api_key);
  classic.field("api_version", header.api_version);
  classic.field("correlation_id", header.correlation_id);
  classic.field("client_id", client_id);
  if (!classic.ok()) return Failure(classic.error().within("request header"));
  header.client_id = std::move(client_id).value_or("");
  request.body = classic.rest();

  const auto* const shape = find_api(header.api_key);
  if (shape == nullptr || !shape->is_flexible(header.api_version)) return request;
  Reader flexible(request.body, 2, true);
  flexible.tags();
  if (!flexible.ok()) return Failure(flexible.error().within("request header"));
  request.body = flexible.rest();
  return request;
}

}  // namespace millrace::protocol
