#include "snapshot_file.hpp"

namespace millrace::broker {

Result<void> remove_snapshot(disk::Disk& disk, const std::string& directory, const std::string& path) {
  for (const auto* generation : {"", ".old"}) {
    auto removed = disk.remove_file(path + generation);
    if (!removed && removed.error().code != Errc::not_found) return removed;
  }
  return disk.sync_directory(directory);
}

}  // namespace millrace::broker
