#pragma once
// Cuts a stream of bytes into frames without reading one twice: whole frames are handed out where they were received,
// and only an incomplete rest is kept. What is kept grows with the bytes that came, never with the bytes promised.
//
//   room() → receive into it → received(n) → next() as often as wanted → settle()
//   resume() → next() …                                  goes on with whole frames that were left for later
//
// Owned by one connection. `scratch` belongs to the thread and is free again after settle(): an idle connection
// holds no buffer.

#include <optional>

#include "millrace/core/bytes.hpp"
#include "millrace/core/result.hpp"

namespace millrace::kafka {

class FrameAssembler {
 public:
  explicit FrameAssembler(std::int32_t frame_bytes_max) : frame_bytes_max_(frame_bytes_max) {}

  /// Where to receive next; never empty.
  [[nodiscard]] MutableBytes room(MutableBytes scratch);
  void received(std::size_t count);
  /// Takes up what settle() kept.
  void resume();
  /// The payload of the next whole frame, borrowed until settle(). Errc::too_large or invalid for a length prefix that
  /// is beyond the limit or negative: the connection is over then.
  [[nodiscard]] Result<std::optional<MutableBytes>> next();
  /// Keeps what was not taken, in memory of its own: an incomplete frame, and whole ones left for later.
  void settle();
  /// What settle() kept begins with a whole frame, or with a prefix that next() will refuse.
  [[nodiscard]] bool has_frame() const;

  /// A frame has begun and is not complete.
  [[nodiscard]] bool is_partial() const { return !held_.empty(); }

 private:
  [[nodiscard]] MutableBytes unread() { return filled_.subspan(taken_); }

  std::int32_t frame_bytes_max_;
  Bytes held_;            ///< the incomplete frame, with its prefix; its size is its capacity to receive
  std::size_t kept_ = 0;  ///< bytes of held_ that are filled
  MutableBytes filled_;   ///< what was received, in scratch or held_
  std::size_t taken_ = 0;
  MutableBytes room_;
};

}  // namespace millrace::kafka
