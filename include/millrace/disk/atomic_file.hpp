#pragma once
// Small files that change whole or not at all: checkpoints, snapshots, identity (docs/formats/atomic_file.md).
//
// write_atomic writes a temporary file, flushes it, keeps the present generation under "<path>.old", renames the new
// one into place and flushes the directory, so that a crash leaves a readable generation at every moment. Content is
// framed with a magic, its length and a CRC-32C. read_atomic gives the newest generation that is whole and says in
// `used_older` when that was not the newest.

#include "millrace/disk/disk.hpp"

namespace millrace::disk {

struct AtomicContent {
  Bytes content;
  bool used_older = false;
};

[[nodiscard]] Result<void> write_atomic(Disk& disk, std::string_view path, ByteView content);

/// Errc::not_found when no generation exists, Errc::corrupt when none is whole.
[[nodiscard]] Result<AtomicContent> read_atomic(Disk& disk, std::string_view path);

}  // namespace millrace::disk
