#pragma once
// The real Disk: system calls of POSIX and Linux under one root directory.
//
// Paths resolve from a descriptor of the root, so a later change of the working directory means nothing. The system's
// refusals become Errc: a full disk, quota or size limit is no_space, too many open files is busy, everything that has
// no better name is io; the sentence names the path and what the system said. A file whose sync has failed once never
// syncs again: the kernel reports such a loss once and then forgets it.

#include "millrace/disk/disk.hpp"

namespace millrace::disk {

/// Opens `root`, made with its parents if absent. Ignores SIGXFSZ from then on, process-wide, so that a file size limit
/// is an error and not a death.
[[nodiscard]] Result<std::unique_ptr<Disk>> open_posix_disk(const std::string& root);

}  // namespace millrace::disk
