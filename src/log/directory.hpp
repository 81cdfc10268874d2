#pragma once
// What lies in a log's directory when it is opened: ours, finished with, or a stranger's. Nothing that is not
// understood is deleted: it is moved to lost+found in the root.

#include <map>
#include <string>
#include <vector>

#include "millrace/disk/disk.hpp"
#include "millrace/log/segment_format.hpp"

namespace millrace::log {

struct Listing {
  bool fresh = false;         ///< the directory was made just now
  std::vector<Offset> bases;  ///< of the segment files, ascending
  bool has_epochs = false;
  std::vector<std::string> torn;       ///< what earlier cuts kept aside
  std::vector<std::string> set_aside;  ///< moved to lost+found
  bool changed = false;                ///< names changed: the directory wants a sync
};

/// Lists `directory`, made if absent; finishes off what is marked as deleted, drops leftovers of interrupted writes and
/// index files without a segment, and sets strangers aside.
[[nodiscard]] Result<Listing> tidy(disk::Disk& disk, const std::string& directory);

/// Moves a file of `directory` to lost+found/<directory>.<name>; false when that cannot be done and it stays.
[[nodiscard]] bool set_aside(disk::Disk& disk, const std::string& directory, const std::string& name);

}  // namespace millrace::log
