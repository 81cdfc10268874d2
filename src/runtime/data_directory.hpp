#pragma once
// The data directory as a whole: who holds it, whose it is, and what in it is not ours.
//
//   broker.json      cluster id, broker id, layout version (docs/formats/data_directory.md)
//   lock             held while a broker runs; says who
//   clean-shutdown   the last broker closed everything (log/checkpoint.hpp)
//   checkpoint       what of each log is durable
//   lost+found/      what start-up did not understand: moved, never deleted

#include <memory>
#include <string>

#include "millrace/core/ids.hpp"
#include "millrace/core/random.hpp"
#include "millrace/disk/disk.hpp"

namespace millrace::runtime {

struct Identity {
  Uuid cluster_id;
  std::int32_t broker_id = 0;
};

inline constexpr std::string_view clean_mark_file = "clean-shutdown";
inline constexpr std::string_view checkpoint_file = "checkpoint";
inline constexpr std::string_view lost_and_found = "lost+found";

/// Reads broker.json, or writes it into a directory that holds nothing yet. Refuses a directory that has data but no
/// identity (an unmounted volume, R-7), one of a newer layout, and one of another broker id.
[[nodiscard]] Result<Identity> identify(disk::Disk& disk, std::int32_t broker_id, Random& random);

/// Errc::busy with the holder's own words when another process has it.
[[nodiscard]] Result<std::unique_ptr<disk::DirectoryLock>> hold(disk::Disk& disk);

/// Moves an entry of the root to lost+found/ under a name that is free there, and gives that name.
[[nodiscard]] Result<std::string> set_aside(disk::Disk& disk, const std::string& name);

}  // namespace millrace::runtime
