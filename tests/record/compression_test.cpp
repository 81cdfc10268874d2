#include "millrace/record/compression.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <lz4frame.h>
#include <snappy.h>
#include <zlib.h>
#include <zstd.h>

#include "crafted.hpp"
#include "golden.hpp"
#include "millrace/core/limits.hpp"

namespace millrace::record {
namespace {

using limits::KiB;
using limits::MiB;
using testing::HasSubstr;

/// Neither compressible to nothing nor incompressible.
Bytes sample(std::size_t size) {
  Bytes bytes(size);
  std::uint32_t state = 12345;
  for (std::size_t i = 0; i < size; ++i) {
    state = state * 1664525 + 1013904223;
    bytes[i] = static_cast<std::byte>(i % 7 == 0 ? state >> 24 : 'a' + i % 5);
  }
  return bytes;
}

Error failure_to_inflate(Codec codec, ByteView stream, std::size_t max_bytes = MiB) {
  Bytes to = to_bytes("before");
  const auto done = inflate(codec, stream, max_bytes, to);
  EXPECT_FALSE(done);
  EXPECT_EQ(to, to_bytes("before"));  // a failure leaves nothing behind
  EXPECT_LE(to.capacity(), std::max(2 * max_bytes + 4 * KiB, 8 * stream.size() + 4 * KiB));
  return done ? Error{Errc::io, "it inflated"} : done.error();
}

class EachCodec : public testing::TestWithParam<Codec> {};
INSTANTIATE_TEST_SUITE_P(Codecs, EachCodec, testing::Values(Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd),
                         codec_name);

TEST_P(EachCodec, BytesOfAnySizeComeBackBehindWhatWasThere) {
  for (const std::size_t size : {0UL, 1UL, 4095UL, 4096UL, 65'536UL, 65'537UL, 300'000UL}) {
    const auto plain = sample(size);
    auto to = to_bytes("before");
    const auto done = inflate(GetParam(), deflate(GetParam(), plain), size, to);
    ASSERT_TRUE(done) << size << ": " << done.error().message;
    auto expected = to_bytes("before");
    append_bytes(expected, plain);
    EXPECT_EQ(to, expected) << size;
  }
}

TEST_P(EachCodec, TheBoundIsExact) {
  const auto stream = deflate(GetParam(), sample(100'000));
  Bytes to;
  EXPECT_TRUE(inflate(GetParam(), stream, 100'000, to));
  EXPECT_EQ(failure_to_inflate(GetParam(), stream, 99'999).code, Errc::too_large);
  EXPECT_EQ(failure_to_inflate(GetParam(), stream, 0).code, Errc::too_large);
}

TEST_P(EachCodec, R26BombsAreStoppedAtTheBound) {
  const auto bomb = deflate(GetParam(), Bytes(24 * MiB));
  EXPECT_LT(bomb.size(), 24 * MiB / 20);
  EXPECT_EQ(failure_to_inflate(GetParam(), bomb, MiB).code, Errc::too_large);
}

TEST_P(EachCodec, TruncationsNeverPassForTheWhole) {
  const auto plain = sample(3000);
  const auto stream = deflate(GetParam(), plain);
  for (std::size_t size = 0; size < stream.size(); ++size) {
    const Bytes cut(stream.begin(), stream.begin() + static_cast<std::ptrdiff_t>(size));
    Bytes to;
    // xerial framing has no end mark, so its bare header is a stream of nothing; every other cut is seen.
    if (GetParam() == Codec::snappy && size == 16) continue;
    EXPECT_FALSE(inflate(GetParam(), cut, MiB, to)) << size;
  }
}

TEST_P(EachCodec, DamageIsNeverFollowedOutOfBounds) {
  const auto stream = deflate(GetParam(), sample(400));
  for (std::size_t at = 0; at < stream.size(); ++at) {
    for (const int value : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
      auto damaged = stream;
      damaged[at] = static_cast<std::byte>(value);
      Bytes to;
      if (inflate(GetParam(), damaged, 64 * KiB, to)) {
        EXPECT_LE(to.size(), 64 * KiB);
      } else {
        EXPECT_TRUE(to.empty());
      }
    }
  }
}

TEST_P(EachCodec, ContextsAreUsableAfterAFailure) {
  const auto stream = deflate(GetParam(), sample(1000));
  Bytes to;
  EXPECT_FALSE(inflate(GetParam(), ByteView(stream).first(stream.size() / 2), MiB, to));
  ASSERT_TRUE(inflate(GetParam(), stream, MiB, to));
  EXPECT_EQ(to, sample(1000));
}

TEST(Inflate, PlainBytesAreBoundedToo) {
  Bytes to;
  EXPECT_TRUE(inflate(Codec::none, sample(10), 10, to));
  EXPECT_EQ(to, sample(10));
  EXPECT_EQ(failure_to_inflate(Codec::none, sample(11), 10).code, Errc::too_large);
}

TEST(Inflate, CodecsWithoutANameAreUnsupported) {
  for (const int id : {5, 6, 7}) {
    EXPECT_EQ(failure_to_inflate(static_cast<Codec>(id), sample(10)).code, Errc::unsupported);
  }
}

TEST(Gzip, MembersInARowAreOneStream) {
  auto stream = deflate(Codec::gzip, as_bytes("one "));
  append_bytes(stream, deflate(Codec::gzip, as_bytes("two")));
  Bytes to;
  ASSERT_TRUE(inflate(Codec::gzip, stream, MiB, to));
  EXPECT_EQ(as_text(to), "one two");
  stream.push_back(std::byte{0});
  EXPECT_EQ(failure_to_inflate(Codec::gzip, stream).code, Errc::corrupt);
}

TEST(Gzip, InnerChecksumIsChecked) {
  auto stream = deflate(Codec::gzip, as_bytes("one"));
  stream[stream.size() - 8] ^= std::byte{1};
  EXPECT_EQ(failure_to_inflate(Codec::gzip, stream).code, Errc::corrupt);
}

TEST(Snappy, OneRawBlockIsReadAsLibrdkafkaSendsIt) {
  const auto plain = sample(5000);
  std::string raw;
  snappy::Compress(reinterpret_cast<const char*>(plain.data()), plain.size(), &raw);
  Bytes to;
  ASSERT_TRUE(inflate(Codec::snappy, as_bytes(raw), MiB, to));
  EXPECT_EQ(to, plain);
}

TEST(Snappy, R26AnAnnouncedLengthIsNotBelieved) {
  // Varints of 4 GiB - 1, of 64 MiB, and of 1 KiB in front of hardly anything.
  EXPECT_EQ(failure_to_inflate(Codec::snappy, from_hex("ffffffff0f 00 61"), 128 * MiB).code, Errc::corrupt);
  EXPECT_EQ(failure_to_inflate(Codec::snappy, from_hex("80808020 00 61"), 128 * MiB).code, Errc::corrupt);
  EXPECT_EQ(failure_to_inflate(Codec::snappy, from_hex("8008 00 61"), 128 * MiB).code, Errc::corrupt);
}

TEST(Snappy, R26XerialBlocksAreNotBelievedEither) {
  const std::string header = "82534e4150505900 00000001 00000001 ";
  EXPECT_THAT(failure_to_inflate(Codec::snappy, from_hex(header + "7fffffff 00")).message, HasSubstr("longer than"));
  EXPECT_THAT(failure_to_inflate(Codec::snappy, from_hex(header + "ffffffff 00")).message, HasSubstr("longer than"));
  EXPECT_THAT(failure_to_inflate(Codec::snappy, from_hex(header + "0000")).message, HasSubstr("cut short"));
  EXPECT_THAT(failure_to_inflate(Codec::snappy, from_hex(header + "00000006 ffffffff0f 00")).message,
              HasSubstr("announces more"));
  EXPECT_THAT(failure_to_inflate(Codec::snappy, from_hex(header + "00000000")).message, HasSubstr("inflated length"));
  EXPECT_THAT(failure_to_inflate(Codec::snappy, from_hex("82534e4150505900 00000000 00000001")).message,
              HasSubstr("version"));
  Bytes to;
  EXPECT_TRUE(inflate(Codec::snappy, from_hex(header), MiB, to));
  EXPECT_TRUE(to.empty());
}

TEST(Snappy, XerialBlocksTogetherKeepTheBound) {
  const auto block = deflate(Codec::snappy, Bytes(32 * KiB));
  auto bomb = block;
  for (int i = 0; i < 100; ++i) append_bytes(bomb, ByteView(block).subspan(16));
  EXPECT_EQ(failure_to_inflate(Codec::snappy, bomb, MiB).code, Errc::too_large);
}

Bytes lz4_frame(ByteView plain, const LZ4F_preferences_t& preferences) {
  Bytes frame(LZ4F_compressFrameBound(plain.size(), &preferences));
  frame.resize(LZ4F_compressFrame(frame.data(), frame.size(), plain.data(), plain.size(), &preferences));
  return frame;
}

TEST(Lz4, ChecksumsAndContentSizeOfOtherWritersAreUnderstood) {
  LZ4F_preferences_t preferences{};
  preferences.frameInfo.blockMode = LZ4F_blockIndependent;
  preferences.frameInfo.blockSizeID = LZ4F_max4MB;
  preferences.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled;
  preferences.frameInfo.blockChecksumFlag = LZ4F_blockChecksumEnabled;
  const auto plain = sample(200'000);
  preferences.frameInfo.contentSize = plain.size();
  auto frame = lz4_frame(plain, preferences);
  Bytes to;
  ASSERT_TRUE(inflate(Codec::lz4, frame, MiB, to));
  EXPECT_EQ(to, plain);
  frame.back() ^= std::byte{1};
  EXPECT_EQ(failure_to_inflate(Codec::lz4, frame).code, Errc::corrupt);
}

TEST(Lz4, DependentBlocksAreRefused) {
  LZ4F_preferences_t preferences{};
  preferences.frameInfo.blockMode = LZ4F_blockLinked;
  const auto failed = failure_to_inflate(Codec::lz4, lz4_frame(sample(200'000), preferences));
  EXPECT_EQ(failed.code, Errc::corrupt);
  EXPECT_THAT(failed.message, HasSubstr("depend on each other"));
}

TEST(Lz4, WhatWeWriteHasIndependentBlocks) {
  const auto frame = deflate(Codec::lz4, sample(200'000));
  EXPECT_NE(frame.at(4) & std::byte{0x20}, std::byte{0});
}

// liblz4 1.9.4 remembers the size of a broken frame over a reset, so one bad client could spoil the next one's batch.
TEST(Lz4, ABrokenFrameWithAContentSizeLeavesNoTrace) {
  LZ4F_preferences_t preferences{};
  preferences.frameInfo.blockMode = LZ4F_blockIndependent;
  preferences.frameInfo.contentSize = 1000;
  const auto sized = lz4_frame(sample(1000), preferences);
  EXPECT_EQ(failure_to_inflate(Codec::lz4, ByteView(sized).first(sized.size() / 2)).code, Errc::corrupt);
  Bytes to;
  const auto done = inflate(Codec::lz4, deflate(Codec::lz4, sample(500)), MiB, to);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(to, sample(500));
}

TEST(Lz4, NothingMayFollowTheFrame) {
  auto frame = deflate(Codec::lz4, as_bytes("one"));
  append_bytes(frame, deflate(Codec::lz4, as_bytes("two")));
  EXPECT_EQ(failure_to_inflate(Codec::lz4, frame).code, Errc::corrupt);
}

Bytes zstd_frame(ByteView plain, int window_log) {
  auto* const context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log);
  ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
  Bytes frame(ZSTD_compressBound(plain.size()));
  ZSTD_inBuffer in{plain.data(), plain.size(), 0};
  ZSTD_outBuffer out{frame.data(), frame.size(), 0};
  EXPECT_FALSE(ZSTD_isError(ZSTD_compressStream2(context, &out, &in, ZSTD_e_continue)));  // or it narrows the window
  EXPECT_EQ(ZSTD_compressStream2(context, &out, &in, ZSTD_e_end), 0U);
  ZSTD_freeCCtx(context);
  frame.resize(out.pos);
  return frame;
}

TEST(Zstd, R26WindowsBeyondEightMebibytesAreRefused) {
  const auto plain = sample(100'000);
  Bytes to;
  EXPECT_TRUE(inflate(Codec::zstd, zstd_frame(plain, 23), MiB, to));
  EXPECT_EQ(to, plain);
  EXPECT_EQ(failure_to_inflate(Codec::zstd, zstd_frame(plain, 24)).code, Errc::corrupt);
  EXPECT_EQ(failure_to_inflate(Codec::zstd, zstd_frame(plain, 27)).code, Errc::corrupt);
}

TEST(Zstd, R26AnAnnouncedContentSizeIsNotBelieved) {
  // Single segment with a content size of 8 bytes of 0x7f, then one of 4 MiB; both in front of one raw byte.
  EXPECT_EQ(failure_to_inflate(Codec::zstd, from_hex("28b52ffd e0 7f7f7f7f7f7f7f7f 090000 61"), 64 * MiB).code,
            Errc::corrupt);
  EXPECT_EQ(failure_to_inflate(Codec::zstd, from_hex("28b52ffd a0 00004000 090000 61"), 64 * MiB).code, Errc::corrupt);
}

TEST(Zstd, FramesInARowAreOneStream) {
  auto stream = deflate(Codec::zstd, as_bytes("one "));
  append_bytes(stream, deflate(Codec::zstd, as_bytes("two")));
  Bytes to;
  ASSERT_TRUE(inflate(Codec::zstd, stream, MiB, to));
  EXPECT_EQ(as_text(to), "one two");
  stream.push_back(std::byte{0});
  EXPECT_EQ(failure_to_inflate(Codec::zstd, stream).code, Errc::corrupt);
}

}  // namespace
}  // namespace millrace::record
