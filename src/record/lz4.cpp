// The LZ4 frame format. Java's clients read only frames of independent blocks, so a frame with dependent ones is
// refused here, before it is stored for readers who cannot read it.

#include <lz4frame.h>

#include "codecs.hpp"
#include "millrace/core/check.hpp"

namespace millrace::record {

namespace {

constexpr std::size_t flags_at = 4;  // behind the frame's magic
constexpr std::byte independent_blocks{0x20};

/// A context that stopped inside a frame is thrown away: liblz4 1.9.4 does not forget the content size that the broken
/// frame announced when it is reset, and would refuse the next good frame for it.
class Context {
 public:
  Context() = default;
  ~Context() { LZ4F_freeDecompressionContext(context_); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  LZ4F_dctx* begin() {
    if (inside_frame_) {
      LZ4F_freeDecompressionContext(context_);
      context_ = nullptr;
    }
    if (context_ == nullptr) {
      CHECK(!LZ4F_isError(LZ4F_createDecompressionContext(&context_, LZ4F_VERSION)), "lz4 has memory for a context");
    }
    inside_frame_ = true;
    return context_;
  }
  void end() { inside_frame_ = false; }

 private:
  LZ4F_dctx* context_ = nullptr;
  bool inside_frame_ = false;
};

LZ4F_preferences_t preferences() {
  LZ4F_preferences_t chosen{};
  chosen.frameInfo.blockSizeID = LZ4F_max64KB;
  chosen.frameInfo.blockMode = LZ4F_blockIndependent;
  return chosen;
}

}  // namespace

Result<void> inflate_lz4(ByteView compressed, Inflated& to) {
  thread_local Context context;
  if (compressed.size() <= flags_at) return broken_stream("lz4", "the frame header is cut short");
  if ((compressed[flags_at] & independent_blocks) == std::byte{0}) {
    return broken_stream("lz4", "the frame's blocks depend on each other, which Kafka's readers refuse");
  }
  auto* const frame = context.begin();
  while (true) {
    const auto room = to.room();
    auto written = room.size();
    auto taken = compressed.size();
    const auto hint = LZ4F_decompress(frame, room.data(), &written, compressed.data(), &taken, nullptr);
    if (LZ4F_isError(hint)) return broken_stream("lz4", LZ4F_getErrorName(hint));
    compressed = compressed.subspan(taken);
    to.commit(written);
    if (to.exceeded()) return beyond_bound("lz4");
    if (hint == 0) {
      context.end();
      if (compressed.empty()) return {};
      return broken_stream("lz4", "bytes follow the frame");
    }
    if (compressed.empty() && written < room.size()) return broken_stream("lz4", "the frame ends before its end mark");
  }
}

Bytes deflate_lz4(ByteView plain) {
  const auto chosen = preferences();
  Bytes out(LZ4F_compressFrameBound(plain.size(), &chosen));
  const auto size = LZ4F_compressFrame(out.data(), out.size(), plain.data(), plain.size(), &chosen);
  CHECK(!LZ4F_isError(size), "the bound of lz4 holds");
  out.resize(size);
  return out;
}

}  // namespace millrace::record
