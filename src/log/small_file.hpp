#pragma once
// Whole small files at once: indexes, seals, epochs. What is written is not flushed; that is the caller's business.

#include <memory>
#include <string>

#include "millrace/disk/disk.hpp"

namespace millrace::log {

/// Errc::too_large beyond 256 MiB, which no file of ours reaches.
[[nodiscard]] Result<Bytes> read_small_file(disk::Disk& disk, const std::string& path);
/// Puts `content` in place of the file, made if absent.
[[nodiscard]] Result<std::shared_ptr<disk::File>> write_small_file(disk::Disk& disk, const std::string& path,
                                                                   ByteView content);

}  // namespace millrace::log
