#pragma once
// Bytes of a log on their way to a socket: a range of an open file, never a copy. Value; keeps the file open.

#include "millrace/log/log.hpp"

namespace millrace::runtime {

using FileRange = log::Slice;

}  // namespace millrace::runtime
