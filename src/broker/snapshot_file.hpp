#pragma once
// What snapshots of a partition have in common: one that cannot be used must be gone before the log takes a batch, so
// that it is never mistaken later for one of batches that are new then.

#include <string>

#include "millrace/disk/disk.hpp"

namespace millrace::broker {

/// Both generations, durably. `path` lies in `directory`.
[[nodiscard]] Result<void> remove_snapshot(disk::Disk& disk, const std::string& directory, const std::string& path);

}  // namespace millrace::broker
