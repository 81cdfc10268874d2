#include "posix_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "posix_error.hpp"

namespace millrace::disk {

namespace {

constexpr std::size_t pieces_per_call = 64;  // a few batches go at once; the system's own limit is 1024

/// Fills `to` with what is left of `pieces` after `done` bytes; gives how many entries it filled.
std::size_t rest_of(std::span<const ByteView> pieces, std::size_t done, std::array<iovec, pieces_per_call>& to) {
  std::size_t count = 0;
  for (const ByteView piece : pieces) {
    if (done >= piece.size()) {
      done -= piece.size();
      continue;
    }
    // pwritev does not write through the pointer; iovec is shared with readv and so is not const.
    to[count++] = {const_cast<std::byte*>(piece.data()) + done, piece.size() - done};
    done = 0;
    if (count == to.size()) break;
  }
  return count;
}

}  // namespace

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

Result<std::size_t> PosixFile::read_at(std::uint64_t position, MutableBytes to) const {
  std::size_t done = 0;
  while (done < to.size()) {
    const ssize_t got = ::pread(fd_.get(), to.data() + done, to.size() - done, static_cast<off_t>(position + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_failure(errno, "read", path_);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

Result<void> PosixFile::write_at(std::uint64_t position, std::span<const ByteView> pieces) {
  std::size_t total = 0;
  for (const ByteView piece : pieces) total += piece.size();
  std::array<iovec, pieces_per_call> vectors;
  std::size_t done = 0;
  while (done < total) {
    const std::size_t count = rest_of(pieces, done, vectors);
    const ssize_t put =
        ::pwritev(fd_.get(), vectors.data(), static_cast<int>(count), static_cast<off_t>(position + done));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return system_failure(errno, "write", path_);
    // A file system that takes nothing and says nothing would keep us here for ever.
    if (put == 0) return system_failure(EIO, "write", path_);
    done += static_cast<std::size_t>(put);
  }
  return {};
}

Result<void> PosixFile::sync_data() {
  if (sync_failed_.load()) return system_failure(EIO, "sync (an earlier sync of this file failed)", path_);
  if (::fdatasync(fd_.get()) == 0) return {};
  const int error = errno;
  sync_failed_.store(true);
  return system_failure(error, "sync", path_);
}

void PosixFile::start_write_back(std::uint64_t position, std::uint64_t length) {
  ::sync_file_range(fd_.get(), static_cast<off64_t>(position), static_cast<off64_t>(length), SYNC_FILE_RANGE_WRITE);
}

void PosixFile::forget_cached(std::uint64_t position) {
  ::posix_fadvise(fd_.get(), static_cast<off_t>(position), 0, POSIX_FADV_DONTNEED);
}

Result<void> PosixFile::truncate(std::uint64_t size) {
  int result = 0;
  do result = ::ftruncate(fd_.get(), static_cast<off_t>(size));
  while (result < 0 && errno == EINTR);
  if (result < 0) return system_failure(errno, "truncate", path_);
  return {};
}

Result<void> PosixFile::allocate(std::uint64_t size) {
  int result = 0;
  do result = ::fallocate(fd_.get(), 0, 0, static_cast<off_t>(size));
  while (result < 0 && errno == EINTR);
  if (result == 0) return {};
  // Where blocks cannot be reserved, the file still grows; a full disk is then met by the write.
  if (errno == EOPNOTSUPP) {
    const auto now = this->size();
    if (!now) return failure_of(now);
    return *now >= size ? Result<void>{} : truncate(size);
  }
  return system_failure(errno, "allocate", path_);
}

Result<std::uint64_t> PosixFile::size() const {
  struct stat about{};
  if (::fstat(fd_.get(), &about) < 0) return system_failure(errno, "stat", path_);
  return static_cast<std::uint64_t>(about.st_size);
}

}  // namespace millrace::disk
