#pragma once
// Files of a broker that is stopped, as text and as JSON (docs/formats): batches, index entries, seals, epochs,
// checkpoints, snapshots. What is damaged is shown as far as it goes, and a failure says where it ends. Pure but for
// reading a file.

#include <functional>
#include <string>
#include <string_view>

#include "client.hpp"
#include "millrace/core/bytes.hpp"
#include "millrace/disk/disk.hpp"
#include "millrace/record/batch.hpp"

namespace millrace::cli {

/// One thing that a file holds: an object of fields, in order.
using Shown = std::function<bool(const Json& entry)>;  ///< false: nobody wants more

/// "position=0 base_offset=0 …": an entry as a line; a list in it is left out.
[[nodiscard]] std::string entry_text(const Json& entry);

/// A record of a batch, as JSON, as a line.
[[nodiscard]] std::string record_text(const Json& record);

/// Every batch of a `.log`, with its records if wanted. Errc::corrupt at the first that is not whole; zeros behind the
/// last are none.
[[nodiscard]] Result<void> show_batches(const disk::File& file, bool with_records, const Shown& show);

/// Is there a form for a file of that name?
[[nodiscard]] bool is_known_small_file(std::string_view name);
/// Any other file that the broker writes.
[[nodiscard]] Result<void> show_small_file(std::string_view name, ByteView bytes, const Shown& show);

}  // namespace millrace::cli
