#pragma once
// All we ask of a file system: the one seam between the broker and what survives a power cut.
//
// Everything that touches a file goes through a Disk, so that tests can run on one that loses unsynced bytes, tears
// writes and fails the n-th call (tests/support/fake_disk.hpp). What a POSIX system promises is all that is promised:
// bytes are safe after sync_data() returned without error, and a created, renamed or removed name is safe after
// sync_directory() of its folder. A failed sync is final: the caller never tries it again on the same file.
//
// Disk and File are shared: any thread may call, different files at once. Of one file, reads may run beside anything;
// write_at, truncate and allocate are one caller at a time; sync_data may run beside write_at and then covers at least
// what was written before it began. Paths are relative to the root that the Disk was made with, with '/' between parts;
// ".." never occurs (CHECK): names of strangers are checked long before they come here.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/bytes.hpp"
#include "millrace/core/result.hpp"

namespace millrace::disk {

class File {
 public:
  File() = default;
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  virtual ~File() = default;

  /// Fills `to` from `position`; fewer bytes only at the end of the file. Interrupted and short reads are continued.
  [[nodiscard]] virtual Result<std::size_t> read_at(std::uint64_t position, MutableBytes to) const = 0;
  /// Writes all pieces one after the other from `position`, or fails; after a failure any part may have been written.
  [[nodiscard]] virtual Result<void> write_at(std::uint64_t position, std::span<const ByteView> pieces) = 0;
  /// Everything written before this call is on stable storage when it returns without error.
  [[nodiscard]] virtual Result<void> sync_data() = 0;
  /// Asks the system to begin writing back, without waiting. Promises nothing.
  virtual void start_write_back(std::uint64_t position, std::uint64_t length) = 0;
  /// Asks the system to forget what it holds in memory from `position` on and has no need to write, so that the next
  /// read tells what the device really has: recovery must not believe pages that a failed sync left behind.
  virtual void forget_cached(std::uint64_t position) = 0;
  [[nodiscard]] virtual Result<void> truncate(std::uint64_t size) = 0;
  /// Reserves blocks up to `size` and grows the file to it with zeros; no_space when they cannot be had.
  [[nodiscard]] virtual Result<void> allocate(std::uint64_t size) = 0;
  [[nodiscard]] virtual Result<std::uint64_t> size() const = 0;
  /// The descriptor for sendfile(2), or nothing where there is none (then read_at serves). Borrowed from this File.
  [[nodiscard]] virtual std::optional<int> descriptor() const = 0;

  [[nodiscard]] Result<void> write_at(std::uint64_t position, ByteView bytes) {
    return write_at(position, std::span(&bytes, 1));
  }
};

enum class Open {
  read,    ///< must exist
  write,   ///< must exist; read and write
  create,  ///< must not exist; read and write
  create_or_write,
  create_private,  ///< as create_or_write; a new file is for nobody but the user that this process has
};

struct Entry {
  std::string name;
  bool is_directory = false;
};

struct Space {
  std::uint64_t total_bytes = 0;
  std::uint64_t free_bytes = 0;  ///< that this process may use
};

/// Held until destroyed or the process ends.
class DirectoryLock {
 public:
  DirectoryLock() = default;
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;
  virtual ~DirectoryLock() = default;
};

class Disk {
 public:
  Disk() = default;
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;
  virtual ~Disk() = default;

  [[nodiscard]] virtual Result<std::shared_ptr<File>> open(std::string_view path, Open how) = 0;
  /// Replaces `to` if it exists. Both names change at once or not at all.
  [[nodiscard]] virtual Result<void> rename(std::string_view from, std::string_view to) = 0;
  [[nodiscard]] virtual Result<void> remove_file(std::string_view path) = 0;
  /// Errc::exists if it is there already. The parent must exist.
  [[nodiscard]] virtual Result<void> make_directory(std::string_view path) = 0;
  /// Must be empty.
  [[nodiscard]] virtual Result<void> remove_directory(std::string_view path) = 0;
  /// In no particular order; Errc::not_found if there is no such directory. "" is the root.
  [[nodiscard]] virtual Result<std::vector<Entry>> list(std::string_view path) = 0;
  [[nodiscard]] virtual Result<bool> exists(std::string_view path) = 0;
  /// Bytes of a file that need not be opened for it. Errc::not_found if there is no such file.
  [[nodiscard]] virtual Result<std::uint64_t> size_of(std::string_view path) = 0;
  [[nodiscard]] virtual Result<void> sync_directory(std::string_view path) = 0;
  [[nodiscard]] virtual Result<Space> space() = 0;
  /// Files of this Disk that are open now: each holds a descriptor, of which a process has not many.
  [[nodiscard]] virtual std::size_t open_files() const = 0;
  /// Errc::busy, with who holds it, when another process has it. `holder` is written into the file for that message.
  [[nodiscard]] virtual Result<std::unique_ptr<DirectoryLock>> lock(std::string_view path, std::string_view holder) = 0;
};

}  // namespace millrace::disk
