#include "small_file.hpp"

namespace millrace::log {

namespace {

constexpr std::uint64_t bytes_max = std::uint64_t{256} << 20;

}  // namespace

Result<Bytes> read_small_file(disk::Disk& disk, const std::string& path) {
  const auto file = disk.open(path, disk::Open::read);
  if (!file) return failure_of(file);
  const auto size = (*file)->size();
  if (!size) return failure_of(size);
  if (*size > bytes_max) return failure(Errc::too_large, path + " has " + std::to_string(*size) + " bytes");
  Bytes bytes(*size);
  const auto got = (*file)->read_at(0, bytes);
  if (!got) return failure_of(got);
  bytes.resize(*got);
  return bytes;
}

Result<std::shared_ptr<disk::File>> write_small_file(disk::Disk& disk, const std::string& path, ByteView content) {
  auto file = disk.open(path, disk::Open::create_or_write);
  if (!file) return file;
  if (const auto emptied = (*file)->truncate(0); !emptied) return failure_of(emptied);
  if (content.empty()) return file;
  if (const auto written = (*file)->write_at(0, content); !written) return failure_of(written);
  return file;
}

}  // namespace millrace::log
