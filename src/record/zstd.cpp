// Zstandard. The window that a frame may ask for is bounded: it is memory that a header of six bytes can demand.

#include <zstd.h>

#include <memory>

#include "codecs.hpp"
#include "millrace/core/check.hpp"

namespace millrace::record {

namespace {

constexpr int window_log_max = 23;  // 8 MiB: what level 19 uses, and the least that RFC 8878 asks of a reader

struct Free {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

std::unique_ptr<ZSTD_DCtx, Free> make_inflater() {
  std::unique_ptr<ZSTD_DCtx, Free> made(ZSTD_createDCtx());
  CHECK(made != nullptr, "zstd has memory for a context");
  CHECK(!ZSTD_isError(ZSTD_DCtx_setParameter(made.get(), ZSTD_d_windowLogMax, window_log_max)), "zstd knows 2^23");
  return made;
}

std::unique_ptr<ZSTD_CCtx, Free> make_deflater() {
  std::unique_ptr<ZSTD_CCtx, Free> made(ZSTD_createCCtx());
  CHECK(made != nullptr, "zstd has memory for a context");
  return made;
}

}  // namespace

Result<void> inflate_zstd(ByteView compressed, Inflated& to) {
  thread_local const auto context = make_inflater();
  CHECK(!ZSTD_isError(ZSTD_DCtx_reset(context.get(), ZSTD_reset_session_only)), "a session can always be reset");
  if (compressed.empty()) return broken_stream("zstd", "the frame header is cut short");
  ZSTD_inBuffer in{.src = compressed.data(), .size = compressed.size(), .pos = 0};
  while (true) {
    const auto room = to.room();
    ZSTD_outBuffer out{.dst = room.data(), .size = room.size(), .pos = 0};
    const auto hint = ZSTD_decompressStream(context.get(), &out, &in);
    if (ZSTD_isError(hint)) return broken_stream("zstd", ZSTD_getErrorName(hint));
    to.commit(out.pos);
    if (to.exceeded()) return beyond_bound("zstd");
    if (hint == 0 && in.pos == in.size) return {};
    if (in.pos == in.size && out.pos < out.size) return broken_stream("zstd", "the frame ends before its last block");
  }
}

Bytes deflate_zstd(ByteView plain) {
  thread_local const auto context = make_deflater();
  Bytes out(ZSTD_compressBound(plain.size()));
  const auto size =
      ZSTD_compressCCtx(context.get(), out.data(), out.size(), plain.data(), plain.size(), ZSTD_CLEVEL_DEFAULT);
  CHECK(!ZSTD_isError(size), "the bound of zstd holds");
  out.resize(size);
  return out;
}

}  // namespace millrace::record
