#pragma once
// A disk in memory that keeps two images, what the system shows and what would survive, and can break on purpose.
//
// Bytes survive after sync_data() of their file, names after sync_directory() of their folder; everything else is at
// the mercy of crash(): lost, kept, torn or zeroed, sector by sector and name by name. Failures are counted: fail the
// n-th call for n = 1, 2, … until none fails, and every call site has been seen to fail. Shared: any thread.

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>

#include "millrace/disk/disk.hpp"
#include "support/seeded_random.hpp"

namespace millrace::support {

enum class Call {
  open,
  read,
  write,
  sync,
  truncate,
  allocate,
  size,
  rename,
  remove_file,
  make_directory,
  remove_directory,
  list,
  exists,
  size_of,
  sync_directory,
  space,
  lock,
};

/// What a crash does to what was not synced.
enum class Crash {
  lose,       ///< all of it is gone
  keep,       ///< all of it got through
  random,     ///< each sector and each name by chance
  tear,       ///< as random, and a sector may be half new and half old
  zero_fill,  ///< sizes got through, sectors are zeros by chance
};
inline constexpr Crash all_crashes[] = {Crash::lose, Crash::keep, Crash::random, Crash::tear, Crash::zero_fill};

class FakeDisk final : public disk::Disk {
 public:
  static constexpr std::size_t sector_bytes = 512;

  FakeDisk();
  ~FakeDisk() override;

  // Breaking it.

  /// The n-th call from now on (of `kind`, or of any) fails with `how`. A sync that fails drops the dirty pages: the
  /// system goes on to show them and calls them clean.
  void fail(std::uint64_t nth, Errc how = Errc::io, std::optional<Call> kind = std::nullopt);
  /// Did the call that was to fail come?
  [[nodiscard]] bool failed() const;
  /// At the n-th call from now on the power goes: it and all that follow fail. A write is half done at that moment.
  void cut_power(std::uint64_t nth);
  [[nodiscard]] bool power_is_off() const;
  /// Files of more than this in all do not fit: Errc::no_space after a part was written.
  void set_capacity(std::optional<std::uint64_t> bytes);
  /// Power off and on again: what is not safe meets `how`, open files and locks are dead, no failure is planned any
  /// more.
  void crash(Crash how, std::uint64_t seed);
  /// The process ends and another begins: open files and locks are dead, nothing is lost.
  void restart();
  [[nodiscard]] std::uint64_t calls() const;
  [[nodiscard]] std::uint64_t calls(Call kind) const;

  // Looking inside, uncounted.

  [[nodiscard]] std::vector<std::string> files() const;
  [[nodiscard]] std::optional<Bytes> content(std::string_view path) const;
  /// Makes or replaces the file, durably.
  void set_content(std::string_view path, ByteView bytes);
  /// Changes one byte of the file in both images, as rot does.
  void flip(std::string_view path, std::uint64_t position, std::uint8_t mask);
  void erase(std::string_view path);
  /// An independent disk with the same two images and no plans.
  [[nodiscard]] std::unique_ptr<FakeDisk> copy() const;

  // Disk.

  [[nodiscard]] Result<std::shared_ptr<disk::File>> open(std::string_view path, disk::Open how) override;
  [[nodiscard]] Result<void> rename(std::string_view from, std::string_view to) override;
  [[nodiscard]] Result<void> remove_file(std::string_view path) override;
  [[nodiscard]] Result<void> make_directory(std::string_view path) override;
  [[nodiscard]] Result<void> remove_directory(std::string_view path) override;
  [[nodiscard]] Result<std::vector<disk::Entry>> list(std::string_view path) override;
  [[nodiscard]] Result<bool> exists(std::string_view path) override;
  [[nodiscard]] Result<std::uint64_t> size_of(std::string_view path) override;
  [[nodiscard]] Result<void> sync_directory(std::string_view path) override;
  [[nodiscard]] Result<disk::Space> space() override;
  [[nodiscard]] std::size_t open_files() const override;
  [[nodiscard]] Result<std::unique_ptr<disk::DirectoryLock>> lock(std::string_view path,
                                                                  std::string_view holder) override;

 private:
  struct Inode;
  struct State;
  class FakeFile;
  class FakeLock;
  std::shared_ptr<State> state_;  ///< files keep it alive
};

}  // namespace millrace::support
