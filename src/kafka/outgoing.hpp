#pragma once
// One answer on its way out: bytes in memory, and ranges of log files that go between them without being copied.
//
//   bytes [0, a.at) │ file range a │ bytes [a.at, b.at) │ file range b │ … │ bytes to the end
//
// Value. `bytes` begins with the frame's length prefix, which counts the attachments too.

#include <vector>

#include "millrace/core/bytes.hpp"
#include "millrace/runtime/file_range.hpp"

namespace millrace::kafka {

struct Attachment {
  std::size_t at = 0;  ///< goes in front of bytes[at]
  runtime::FileRange range;
};

struct Outgoing {
  Bytes bytes;
  std::vector<Attachment> attachments;  ///< ascending by `at`

  /// Bytes that it holds in memory: also those of attachments that are no files, as of a view.
  [[nodiscard]] std::size_t memory() const {
    auto held = bytes.size();
    for (const auto& each : attachments) held += each.range.file->descriptor() ? 0 : each.range.length;
    return held;
  }
};

}  // namespace millrace::kafka
