#pragma once
// One open file descriptor as a File. Internal to disk.

#include <atomic>
#include <string>

#include "millrace/disk/disk.hpp"

namespace millrace::disk {

/// Owns a descriptor; -1 is none.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor();
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool valid() const { return fd_ >= 0; }

 private:
  int fd_;
};

class PosixFile final : public File {
 public:
  using Count = std::atomic<std::size_t>;

  PosixFile(Descriptor fd, std::string path, std::shared_ptr<Count> open)
      : fd_(std::move(fd)), path_(std::move(path)), open_(std::move(open)) {
    ++*open_;
  }
  ~PosixFile() override { --*open_; }

  [[nodiscard]] Result<std::size_t> read_at(std::uint64_t position, MutableBytes to) const override;
  [[nodiscard]] Result<void> write_at(std::uint64_t position, std::span<const ByteView> pieces) override;
  [[nodiscard]] Result<void> sync_data() override;
  void start_write_back(std::uint64_t position, std::uint64_t length) override;
  void forget_cached(std::uint64_t position) override;
  [[nodiscard]] Result<void> truncate(std::uint64_t size) override;
  [[nodiscard]] Result<void> allocate(std::uint64_t size) override;
  [[nodiscard]] Result<std::uint64_t> size() const override;
  [[nodiscard]] std::optional<int> descriptor() const override { return fd_.get(); }

 private:
  Descriptor fd_;
  std::string path_;
  std::shared_ptr<Count> open_;  ///< of the Disk, which it may outlive
  std::atomic<bool> sync_failed_ = false;
};

}  // namespace millrace::disk
