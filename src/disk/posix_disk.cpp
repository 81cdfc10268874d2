#include "millrace/disk/posix_disk.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "millrace/core/check.hpp"
#include "posix_error.hpp"
#include "posix_file.hpp"

namespace millrace::disk {

namespace {

/// The path as a C string, "." for the root. Requires: relative, and no part is "..".
std::string checked(std::string_view path) {
  CHECK(!path.starts_with('/'), "paths are relative to the root of the Disk");
  for (std::size_t begin = 0; begin <= path.size();) {
    const auto end = std::min(path.find('/', begin), path.size());
    CHECK(path.substr(begin, end - begin) != "..", "a path never leaves the root of the Disk");
    begin = end + 1;
  }
  return path.empty() ? "." : std::string(path);
}

/// Holds the flock; the file stays, emptied, so that nobody reads a name that no longer holds it.
class PosixLock final : public DirectoryLock {
 public:
  explicit PosixLock(Descriptor fd) : fd_(std::move(fd)) {}
  ~PosixLock() override {
    if (::ftruncate(fd_.get(), 0) < 0) return;  // the lock goes with the descriptor all the same
  }

 private:
  Descriptor fd_;
};

class PosixDisk final : public Disk {
 public:
  explicit PosixDisk(Descriptor root) : root_(std::move(root)) {}

  [[nodiscard]] Result<std::shared_ptr<File>> open(std::string_view path, Open how) override {
    int flags = O_CLOEXEC;
    if (how == Open::read) flags |= O_RDONLY;
    if (how == Open::write) flags |= O_RDWR;
    if (how == Open::create) flags |= O_RDWR | O_CREAT | O_EXCL;
    if (how == Open::create_or_write || how == Open::create_private) flags |= O_RDWR | O_CREAT;
    const mode_t mode = how == Open::create_private ? 0600 : 0640;
    Descriptor fd(::openat(root_.get(), checked(path).c_str(), flags, mode));
    if (!fd.valid()) return system_failure(errno, "open", path);
    return std::make_shared<PosixFile>(std::move(fd), std::string(path), open_);
  }

  [[nodiscard]] Result<void> rename(std::string_view from, std::string_view to) override {
    if (::renameat(root_.get(), checked(from).c_str(), root_.get(), checked(to).c_str()) == 0) return {};
    return system_failure(errno, "rename to " + std::string(to), from);
  }

  [[nodiscard]] Result<void> remove_file(std::string_view path) override {
    if (::unlinkat(root_.get(), checked(path).c_str(), 0) == 0) return {};
    return system_failure(errno, "remove", path);
  }

  [[nodiscard]] Result<void> make_directory(std::string_view path) override {
    if (::mkdirat(root_.get(), checked(path).c_str(), 0750) == 0) return {};
    return system_failure(errno, "make directory", path);
  }

  [[nodiscard]] Result<void> remove_directory(std::string_view path) override {
    if (::unlinkat(root_.get(), checked(path).c_str(), AT_REMOVEDIR) == 0) return {};
    return system_failure(errno, "remove directory", path);
  }

  [[nodiscard]] Result<std::vector<Entry>> list(std::string_view path) override {
    const int fd = ::openat(root_.get(), checked(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return system_failure(errno, "list", path);
    DIR* const directory = ::fdopendir(fd);
    if (directory == nullptr) {
      const int error = errno;
      ::close(fd);
      return system_failure(error, "list", path);
    }
    const std::unique_ptr<DIR, int (*)(DIR*)> closer(directory, ::closedir);
    std::vector<Entry> entries;
    for (;;) {
      errno = 0;
      const dirent* const entry = ::readdir(directory);
      if (entry == nullptr) break;
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      entries.push_back({std::string(name), is_directory(fd, *entry)});
    }
    if (errno != 0) return system_failure(errno, "list", path);
    return entries;
  }

  [[nodiscard]] Result<bool> exists(std::string_view path) override {
    if (::faccessat(root_.get(), checked(path).c_str(), F_OK, 0) == 0) return true;
    if (errno == ENOENT || errno == ENOTDIR) return false;
    return system_failure(errno, "look for", path);
  }

  [[nodiscard]] Result<std::uint64_t> size_of(std::string_view path) override {
    struct stat about{};
    if (::fstatat(root_.get(), checked(path).c_str(), &about, 0) < 0) return system_failure(errno, "stat", path);
    return static_cast<std::uint64_t>(about.st_size);
  }

  [[nodiscard]] Result<void> sync_directory(std::string_view path) override {
    const Descriptor fd(::openat(root_.get(), checked(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd.valid()) return system_failure(errno, "sync directory", path);
    if (::fsync(fd.get()) < 0) return system_failure(errno, "sync directory", path);
    return {};
  }

  [[nodiscard]] Result<Space> space() override {
    struct statvfs about{};
    if (::fstatvfs(root_.get(), &about) < 0) return system_failure(errno, "ask for free space of", "");
    return Space{.total_bytes = std::uint64_t{about.f_blocks} * about.f_frsize,
                 .free_bytes = std::uint64_t{about.f_bavail} * about.f_frsize};
  }

  [[nodiscard]] std::size_t open_files() const override { return open_->load(std::memory_order_relaxed); }

  [[nodiscard]] Result<std::unique_ptr<DirectoryLock>> lock(std::string_view path, std::string_view holder) override {
    Descriptor fd(::openat(root_.get(), checked(path).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640));
    if (!fd.valid()) return system_failure(errno, "open", path);
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) < 0) {
      if (errno != EWOULDBLOCK) return system_failure(errno, "lock", path);
      return failure(Errc::busy, std::string(path) + " is held by " + holder_in(fd.get()));
    }
    const std::string text = "pid " + std::to_string(::getpid()) + ", " + std::string(holder) + "\n";
    // Only a courtesy to whoever comes next: the lock is held whether or not the text could be written.
    if (::ftruncate(fd.get(), 0) < 0 || ::pwrite(fd.get(), text.data(), text.size(), 0) < 0) errno = 0;
    return std::make_unique<PosixLock>(std::move(fd));
  }

 private:
  static bool is_directory(int directory, const dirent& entry) {
    if (entry.d_type != DT_UNKNOWN) return entry.d_type == DT_DIR;
    struct stat about{};
    return ::fstatat(directory, entry.d_name, &about, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(about.st_mode);
  }

  static std::string holder_in(int fd) {
    char text[256];
    const ssize_t got = ::pread(fd, text, sizeof text, 0);
    std::string_view view(text, got > 0 ? static_cast<std::size_t>(got) : 0);
    view = view.substr(0, view.find('\n'));
    return view.empty() ? "another process" : std::string(view);
  }

  Descriptor root_;
  std::shared_ptr<PosixFile::Count> open_ = std::make_shared<PosixFile::Count>(0);
};

}  // namespace

Result<std::unique_ptr<Disk>> open_posix_disk(const std::string& root) {
  std::error_code error;
  std::filesystem::create_directories(root, error);
  if (error) return system_failure(error.value(), "make directory", root);
  Descriptor fd(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return system_failure(errno, "open", root);
  std::signal(SIGXFSZ, SIG_IGN);
  return std::make_unique<PosixDisk>(std::move(fd));
}

}  // namespace millrace::disk
