#pragma once
// Bytes that were made for one answer, where a log's file is expected. Read only. Any thread. Whoever makes such files
// counts what they hold together, for an answer lives until its reader has taken it.

#include <algorithm>
#include <atomic>
#include <memory>

#include "millrace/disk/disk.hpp"

namespace millrace::runtime {

class MemoryFile final : public disk::File {
 public:
  using Held = std::shared_ptr<std::atomic<std::size_t>>;

  MemoryFile(Bytes bytes, Held held) : bytes_(std::move(bytes)), held_(std::move(held)) {
    held_->fetch_add(bytes_.size());
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() override { held_->fetch_sub(bytes_.size()); }

  [[nodiscard]] Result<std::size_t> read_at(std::uint64_t position, MutableBytes to) const override {
    const auto from = std::min<std::uint64_t>(position, bytes_.size());
    const auto count = std::min<std::uint64_t>(to.size(), bytes_.size() - from);
    std::ranges::copy(ByteView(bytes_).subspan(from, count), to.begin());
    return static_cast<std::size_t>(count);
  }
  [[nodiscard]] Result<void> write_at(std::uint64_t, std::span<const ByteView>) override { return refused(); }
  [[nodiscard]] Result<void> sync_data() override { return refused(); }
  void start_write_back(std::uint64_t, std::uint64_t) override {}
  void forget_cached(std::uint64_t) override {}
  [[nodiscard]] Result<void> truncate(std::uint64_t) override { return refused(); }
  [[nodiscard]] Result<void> allocate(std::uint64_t) override { return refused(); }
  [[nodiscard]] Result<std::uint64_t> size() const override { return bytes_.size(); }
  [[nodiscard]] std::optional<int> descriptor() const override { return std::nullopt; }

 private:
  [[nodiscard]] static Result<void> refused() { return failure(Errc::unsupported, "an answer is not written to"); }

  Bytes bytes_;
  Held held_;
};

}  // namespace millrace::runtime
