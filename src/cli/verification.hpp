#pragma once
// Is a stopped broker's data directory whole, or the directory of one of its partitions? Reads only, and holds off a
// broker that would start meanwhile.

#include <string>

#include "client.hpp"
#include "millrace/log/inspect.hpp"

namespace millrace::cli {

struct Verification {
  std::uint64_t partitions = 0;
  std::uint64_t segments = 0;
  std::uint64_t batches = 0;
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  std::vector<log::Fault> faults;
};

/// Errc::busy when a broker is running there, Errc::invalid for a directory that is neither, Errc::io. Shows progress
/// on a terminal, if wanted.
[[nodiscard]] Result<Verification> verify_directory(const std::string& path, bool with_progress);

/// "orders-0/….log:8300: what is wrong" for each fault, and the sum of it all.
[[nodiscard]] std::string verification_text(const Verification& found);
[[nodiscard]] Json json_of(const Verification& found);
/// Each file once.
[[nodiscard]] std::string faulty_files(const Verification& found);

}  // namespace millrace::cli
