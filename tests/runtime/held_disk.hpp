#pragma once
// A disk in front of another one whose syncs can be held back, for tests that must see what happens meanwhile. While it
// is held, sync_data() waits until release(); everything else passes through, and who wants to know of renames is told
// before. Shared: any thread.

#include <condition_variable>
#include <functional>
#include <mutex>

#include "millrace/disk/disk.hpp"

namespace millrace::support {

class HeldDisk final : public disk::Disk {
 public:
  explicit HeldDisk(disk::Disk& behind) : behind_(behind), gate_(std::make_shared<Gate>()) {}
  ~HeldDisk() override { release(); }

  void hold() {
    const std::lock_guard lock(gate_->mutex);
    gate_->held = true;
  }
  void release() {
    {
      const std::lock_guard lock(gate_->mutex);
      gate_->held = false;
    }
    gate_->changed.notify_all();
  }
  /// One sync that waits goes on; the others stay.
  void let_one_through() {
    {
      const std::lock_guard lock(gate_->mutex);
      ++gate_->free_passes;
    }
    gate_->changed.notify_all();
  }
  /// Called with the new name before each rename. To be set before the disk is used.
  void before_rename(std::function<void(std::string_view to)> listener) { before_rename_ = std::move(listener); }
  /// Returns when `count` syncs wait.
  void wait_until_waiting(int count = 1) {
    std::unique_lock lock(gate_->mutex);
    gate_->changed.wait(lock, [&] { return gate_->waiting >= count; });
  }

  [[nodiscard]] Result<std::shared_ptr<disk::File>> open(std::string_view path, disk::Open how) override {
    auto file = behind_.open(path, how);
    if (!file) return failure_of(file);
    return std::make_shared<HeldFile>(std::move(*file), gate_);
  }
  [[nodiscard]] Result<void> rename(std::string_view from, std::string_view to) override {
    if (before_rename_) before_rename_(to);
    return behind_.rename(from, to);
  }
  [[nodiscard]] Result<void> remove_file(std::string_view path) override { return behind_.remove_file(path); }
  [[nodiscard]] Result<void> make_directory(std::string_view path) override { return behind_.make_directory(path); }
  [[nodiscard]] Result<void> remove_directory(std::string_view path) override { return behind_.remove_directory(path); }
  [[nodiscard]] Result<std::vector<disk::Entry>> list(std::string_view path) override { return behind_.list(path); }
  [[nodiscard]] Result<bool> exists(std::string_view path) override { return behind_.exists(path); }
  [[nodiscard]] Result<std::uint64_t> size_of(std::string_view path) override { return behind_.size_of(path); }
  [[nodiscard]] Result<void> sync_directory(std::string_view path) override { return behind_.sync_directory(path); }
  [[nodiscard]] Result<disk::Space> space() override { return behind_.space(); }
  [[nodiscard]] std::size_t open_files() const override { return behind_.open_files(); }
  [[nodiscard]] Result<std::unique_ptr<disk::DirectoryLock>> lock(std::string_view path,
                                                                  std::string_view holder) override {
    return behind_.lock(path, holder);
  }

 private:
  struct Gate {
    std::mutex mutex;
    std::condition_variable changed;
    bool held = false;
    int waiting = 0;
    int free_passes = 0;

    void pass() {
      std::unique_lock lock(mutex);
      ++waiting;
      changed.notify_all();
      changed.wait(lock, [this] { return !held || free_passes > 0; });
      if (held) --free_passes;
      --waiting;
    }
  };

  class HeldFile final : public disk::File {
   public:
    HeldFile(std::shared_ptr<disk::File> behind, std::shared_ptr<Gate> gate)
        : behind_(std::move(behind)), gate_(std::move(gate)) {}
    [[nodiscard]] Result<std::size_t> read_at(std::uint64_t position, MutableBytes to) const override {
      return behind_->read_at(position, to);
    }
    [[nodiscard]] Result<void> write_at(std::uint64_t position, std::span<const ByteView> pieces) override {
      return behind_->write_at(position, pieces);
    }
    [[nodiscard]] Result<void> sync_data() override {
      gate_->pass();
      return behind_->sync_data();
    }
    void start_write_back(std::uint64_t position, std::uint64_t length) override {
      behind_->start_write_back(position, length);
    }
    void forget_cached(std::uint64_t position) override { behind_->forget_cached(position); }
    [[nodiscard]] Result<void> truncate(std::uint64_t size) override { return behind_->truncate(size); }
    [[nodiscard]] Result<void> allocate(std::uint64_t size) override { return behind_->allocate(size); }
    [[nodiscard]] Result<std::uint64_t> size() const override { return behind_->size(); }
    [[nodiscard]] std::optional<int> descriptor() const override { return behind_->descriptor(); }

   private:
    std::shared_ptr<disk::File> behind_;
    std::shared_ptr<Gate> gate_;
  };

  disk::Disk& behind_;
  std::shared_ptr<Gate> gate_;
  std::function<void(std::string_view)> before_rename_;
};

}  // namespace millrace::support
