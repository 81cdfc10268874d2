#pragma once
// The broker's one checkpoint file: for every log directory, what a later Log::open() should be told; and the mark of a
// clean shutdown (docs/formats/checkpoint.md).
//
// A checkpoint may be old but never ahead of the disk: it is written only of what was flushed before. An old one costs
// a longer scan. Values and free functions; the engine decides when to call them.

#include <map>
#include <string>

#include "millrace/disk/disk.hpp"
#include "millrace/log/recovery.hpp"

namespace millrace::log {

/// By log directory, relative to the root: "orders-0".
using Checkpoints = std::map<std::string, Checkpoint, std::less<>>;

[[nodiscard]] Bytes encode(const Checkpoints& checkpoints);
/// Errc::corrupt when the bytes are not exactly what encode() writes. Allocates no more than the bytes can hold.
[[nodiscard]] Result<Checkpoints> decode_checkpoints(ByteView bytes);

[[nodiscard]] Result<void> write_checkpoints(disk::Disk& disk, std::string_view path, const Checkpoints& checkpoints);

struct ReadCheckpoints {
  Checkpoints checkpoints;
  bool used_older = false;  ///< the newest generation was not whole: say so
};
/// Errc::not_found when there is none, Errc::corrupt when none is whole.
[[nodiscard]] Result<ReadCheckpoints> read_checkpoints(disk::Disk& disk, std::string_view path);

/// Everything is closed, flushed and checkpointed: the next start may believe it.
[[nodiscard]] Result<void> write_clean_mark(disk::Disk& disk, std::string_view path);
/// Was there a mark? It is gone for good when this returns, so that it speaks for one start only.
[[nodiscard]] Result<bool> take_clean_mark(disk::Disk& disk, std::string_view path);

}  // namespace millrace::log
