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
};

}  // namespace millrace::kafka
