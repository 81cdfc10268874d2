#pragma once
// Bytes to message and back, for any message of messages/. Decoded messages own their strings and arrays and borrow
// only record bytes from the frame, which therefore has to outlive them. Pure functions.

#include <climits>
#include <utility>

#include "millrace/protocol/frame.hpp"
#include "millrace/protocol/reader.hpp"
#include "millrace/protocol/writer.hpp"

namespace millrace::protocol {

/// Fails with `unsupported` for a version that is not served, with `invalid` for bytes that break a rule.
template <class Message>
[[nodiscard]] Result<Message> decode(std::int16_t version, MutableBytes body) {
  const auto& shape = Message::shape;
  if (!shape.serves(version)) {
    return failure(Errc::unsupported, std::string(shape.name) + " version " + std::to_string(version) + ": versions " +
                                          std::to_string(shape.oldest) + " to " + std::to_string(shape.newest) +
                                          " are served");
  }
  Reader reader(body, version, shape.is_flexible(version));
  Message message;
  Message::fields(reader, message);
  if (!reader.ok()) return Failure(reader.error().within(shape.name));
  return message;
}

/// The body alone, without holes filled. Requires: the version is served.
template <class Message>
[[nodiscard]] Bytes encode(std::int16_t version, const Message& message) {
  Writer writer({}, version, Message::shape.is_flexible(version));
  Message::fields(writer, message);
  return writer.take_bytes();
}

/// A frame ready to be sent, its size prefix included. Between the bytes, the holes (message.hpp).
struct Outgoing {
  Bytes bytes;
  std::vector<Hole> holes;
};

/// Header and body of an answer in one frame, written into `buffer`, whose capacity is used again.
/// Fails with `too_large` when the frame would pass 2 GiB. Requires: the version is served, or is 0 of ApiVersions.
template <class Response>
[[nodiscard]] Result<Outgoing> encode_response(std::int16_t version, std::int32_t correlation_id,
                                               const Response& response, Bytes buffer = {}) {
  const auto& shape = Response::shape;
  buffer.clear();
  Writer writer(std::move(buffer), version, shape.is_flexible(version));
  writer.field("size", std::int32_t{0});
  writer.field("correlation_id", correlation_id);
  if (shape.key != api_versions_key) writer.tags();
  Response::fields(writer, response);
  const auto size = writer.size() - frame_prefix_bytes;
  if (size > INT32_MAX) {
    return failure(Errc::too_large, std::string(shape.name) + " answer of " + std::to_string(size) +
                                        " bytes: a frame has at most 2147483647");
  }
  Outgoing outgoing{writer.take_bytes(), writer.take_holes()};
  store_be(outgoing.bytes.data(), static_cast<std::int32_t>(size));
  return outgoing;
}

/// The client's side: a whole request frame.
template <class Request>
[[nodiscard]] Bytes encode_request(std::int16_t version, std::int32_t correlation_id, const std::string& client_id,
                                   const Request& request) {
  const auto& shape = Request::shape;
  Writer header({}, version, false);
  header.field("size", std::int32_t{0});
  header.field("api_key", shape.key);
  header.field("api_version", version);
  header.field("correlation_id", correlation_id);
  header.field("client_id", client_id);
  Writer writer(header.take_bytes(), version, shape.is_flexible(version));
  writer.tags();
  Request::fields(writer, request);
  auto frame = writer.take_bytes();
  store_be(frame.data(), static_cast<std::int32_t>(frame.size() - frame_prefix_bytes));
  return frame;
}

template <class Response>
struct Received {
  std::int32_t correlation_id = 0;
  Response response;
};

/// The client's side: an answer without its size prefix.
template <class Response>
[[nodiscard]] Result<Received<Response>> decode_response(std::int16_t version, MutableBytes frame) {
  const auto& shape = Response::shape;
  const auto flexible_header = shape.is_flexible(version) && shape.key != api_versions_key;
  Reader header(frame, version, flexible_header);
  Received<Response> received;
  header.field("correlation_id", received.correlation_id);
  header.tags();
  if (!header.ok()) return Failure(header.error().within("response header"));
  auto response = decode<Response>(version, header.rest());
  if (!response) return failure_of(std::move(response));
  received.response = std::move(*response);
  return received;
}

}  // namespace millrace::protocol
