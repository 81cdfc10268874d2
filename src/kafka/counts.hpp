#pragma once
// What the door counts: one set for each network thread, so that no thread waits for the memory of another.
// Shared: any thread adds, and any thread reads.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "millrace/core/bytes.hpp"
#include "millrace/core/counting.hpp"
#include "millrace/protocol/apis.hpp"

namespace millrace::kafka {

/// Why a connection was closed on account of what came in.
enum class RefusedFor : std::uint8_t { frame_length, header, unknown_api, unsupported_version, body, exception };
inline constexpr std::array<std::string_view, 6> refusal_names{"frame_length",        "header", "unknown_api",
                                                               "unsupported_version", "body",   "exception"};

struct Refusal {
  RefusedFor reason = RefusedFor::body;
  std::string why;
};

inline constexpr std::size_t api_count = std::tuple_size_v<protocol::Apis>;
/// The place of a request's API among protocol::Apis; api_count when it is none of them.
[[nodiscard]] std::size_t api_index(ByteView frame) noexcept;

struct Counts {
  std::array<Durations, api_count + 1> answered;  ///< by api_index()
  std::array<Counter, refusal_names.size()> refused;
  Counter accepted;
  Level requests;       ///< in flight
  Level request_bytes;  ///< of those
  Level answer_bytes;   ///< that wait for an earlier answer or for the socket

  void refuse(RefusedFor reason) noexcept { refused[static_cast<std::size_t>(reason)].add(); }
};

}  // namespace millrace::kafka
