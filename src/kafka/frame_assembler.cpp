#include "frame_assembler.hpp"

#include <algorithm>
#include <string>

namespace millrace::kafka {

namespace {
constexpr std::size_t prefix_bytes = 4;
}

MutableBytes FrameAssembler::room(MutableBytes scratch) {
  if (kept_ == 0) return room_ = scratch;
  if (kept_ == held_.size()) {
    // Twice what is there, and not beyond the end of this frame when that is known to be near.
    auto wanted = std::max(kept_ * 2, std::size_t{4096});
    if (kept_ >= prefix_bytes) {
      const auto whole = prefix_bytes + static_cast<std::size_t>(load_be<std::int32_t>(held_.data()));
      if (whole > kept_) wanted = std::min(wanted, whole);
    }
    held_.resize(wanted);
  }
  return room_ = MutableBytes(held_).subspan(kept_);
}

void FrameAssembler::received(std::size_t count) {
  if (kept_ == 0) {
    filled_ = room_.first(count);
  } else {
    kept_ += count;
    filled_ = MutableBytes(held_).first(kept_);
  }
  taken_ = 0;
}

void FrameAssembler::resume() {
  filled_ = MutableBytes(held_).first(kept_);
  taken_ = 0;
}

bool FrameAssembler::has_frame() const {
  if (kept_ < prefix_bytes) return false;
  const auto length = load_be<std::int32_t>(held_.data());
  return length < 0 || length > frame_bytes_max_ || kept_ - prefix_bytes >= static_cast<std::size_t>(length);
}

Result<std::optional<MutableBytes>> FrameAssembler::next() {
  const auto rest = unread();
  if (rest.size() < prefix_bytes) return std::nullopt;
  const auto length = load_be<std::int32_t>(rest.data());
  if (length < 0) return failure(Errc::invalid, "frame length " + std::to_string(length) + " is negative");
  if (length > frame_bytes_max_) {
    return failure(Errc::too_large, "frame length " + std::to_string(length) + " is beyond request_bytes_max " +
                                        std::to_string(frame_bytes_max_));
  }
  const auto size = static_cast<std::size_t>(length);
  if (rest.size() - prefix_bytes < size) return std::nullopt;
  taken_ += prefix_bytes + size;
  return rest.subspan(prefix_bytes, size);
}

void FrameAssembler::settle() {
  const auto rest = unread();
  if (rest.empty()) {
    held_ = Bytes();
    kept_ = 0;
  } else if (taken_ > 0 || kept_ == 0) {
    Bytes keep(rest.begin(), rest.end());
    held_ = std::move(keep);
    kept_ = held_.size();
  }
  filled_ = {};
  taken_ = 0;
}

}  // namespace millrace::kafka
