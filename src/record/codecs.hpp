#pragma once
// What compression.cpp chooses from: per codec, one function that inflates into a bounded vector and one that deflates.
// Nobody else calls these. Contexts of the libraries live as long as their thread.

#include <algorithm>

#include "millrace/record/compression.hpp"

namespace millrace::record {

/// Grows the caller's vector as bytes really come out, never by a number that a stream announces, and one byte beyond
/// the bound at most: that byte is how a codec learns that there was more.
class Inflated {
 public:
  Inflated(Bytes& to, std::size_t max_bytes, std::size_t compressed_bytes)
      : to_(to),
        start_(to.size()),
        limit_(std::min(max_bytes, SIZE_MAX / 4 - start_)),
        first_room_(std::max<std::size_t>(4 * compressed_bytes, 4096)) {}
  Inflated(const Inflated&) = delete;
  Inflated& operator=(const Inflated&) = delete;

  /// Never empty while !exceeded().
  [[nodiscard]] MutableBytes room() {
    const auto allocated = to_.size() - start_;
    if (allocated == size_) {
      const auto wanted = start_ + std::min(limit_ + 1, std::max(first_room_, 2 * size_));
      to_.reserve(wanted);  // exactly: resize alone would double the capacity beyond the bound
      to_.resize(wanted);
    }
    return MutableBytes(to_).subspan(start_ + size_);
  }
  /// Requires: `bytes` <= left(). For formats whose blocks must be written in one piece.
  [[nodiscard]] MutableBytes room_for(std::size_t bytes) {
    if (to_.size() - start_ - size_ < bytes) to_.resize(start_ + size_ + bytes);
    return MutableBytes(to_).subspan(start_ + size_, bytes);
  }
  void commit(std::size_t bytes) { size_ += bytes; }
  [[nodiscard]] bool exceeded() const { return size_ > limit_; }
  [[nodiscard]] std::size_t left() const { return limit_ - std::min(size_, limit_); }

  /// Cuts the vector to what came out.
  void keep() { to_.resize(start_ + size_); }
  /// Leaves the vector as it was.
  void drop() { to_.resize(start_); }

 private:
  Bytes& to_;
  std::size_t start_;
  std::size_t limit_;
  std::size_t first_room_;
  std::size_t size_ = 0;
};

[[nodiscard]] Result<void> inflate_gzip(ByteView compressed, Inflated& to);
[[nodiscard]] Result<void> inflate_snappy(ByteView compressed, Inflated& to);
[[nodiscard]] Result<void> inflate_lz4(ByteView compressed, Inflated& to);
[[nodiscard]] Result<void> inflate_zstd(ByteView compressed, Inflated& to);

[[nodiscard]] Bytes deflate_gzip(ByteView plain);
[[nodiscard]] Bytes deflate_snappy(ByteView plain);
[[nodiscard]] Bytes deflate_lz4(ByteView plain);
[[nodiscard]] Bytes deflate_zstd(ByteView plain);

/// The failure of a stream that went beyond its bound.
[[nodiscard]] Failure beyond_bound(const char* codec);
[[nodiscard]] Failure broken_stream(const char* codec, const char* what);

}  // namespace millrace::record
