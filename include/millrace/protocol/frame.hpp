#pragma once
// What stands around a message on the connection:
//
//   request   i32 size │ i16 api key │ i16 version │ i32 correlation id │ i16 length, client id │ [tags] │ body
//   response  i32 size │ i32 correlation id │ [tags] │ body
//
// `size` counts the bytes after itself. The tags belong to flexible versions; the client id stays a classic string
// even there. Answers to ApiVersions never carry the tags, so that a client can read them before it knows us.
// Pure functions; the caller owns the bytes and says how large a frame may be.

#include <optional>

#include "millrace/core/result.hpp"
#include "millrace/protocol/message.hpp"

namespace millrace::protocol {

inline constexpr std::size_t frame_prefix_bytes = 4;
inline constexpr std::int16_t api_versions_key = 18;

/// The size that `prefix` announces. Fails when it is negative or above `max`.
/// Requires: prefix.size() >= frame_prefix_bytes.
[[nodiscard]] Result<std::size_t> frame_size(ByteView prefix, std::int32_t max);

/// The first frame in `received` without its prefix; nullopt while it is not complete.
[[nodiscard]] Result<std::optional<MutableBytes>> first_frame(MutableBytes received, std::int32_t max);

struct RequestHeader {
  std::int16_t api_key = 0;
  std::int16_t api_version = 0;
  std::int32_t correlation_id = 0;
  std::string client_id;  ///< null is read as ""
};

/// A frame taken apart. `body` borrows the frame.
struct RequestFrame {
  RequestHeader header;
  MutableBytes body;
};

/// Reads the header. An unknown API key or version is no failure here: the caller decides what to answer.
[[nodiscard]] Result<RequestFrame> read_request(MutableBytes frame);

}  // namespace millrace::protocol
