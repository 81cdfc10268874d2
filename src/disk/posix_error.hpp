#pragma once
// What a system call's errno means to us, and the sentence that goes with it. Internal to disk.

#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>

#include "millrace/core/result.hpp"

namespace millrace::disk {

[[nodiscard]] inline Errc errc_of(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return Errc::no_space;
    case ENOENT: return Errc::not_found;
    case EEXIST:
    case ENOTEMPTY: return Errc::exists;
    case EMFILE:
    case ENFILE: return Errc::busy;
    case ENAMETOOLONG: return Errc::invalid;
    default: return Errc::io;
  }
}

/// "write orders-0/0.log: No space left on device".
[[nodiscard]] inline Failure system_failure(int error, std::string_view doing, std::string_view path) {
  std::string text(doing);
  text.append(" ").append(path.empty() ? "the root directory" : path).append(": ");
  text.append(std::generic_category().message(error));
  return failure(errc_of(error), std::move(text));
}

}  // namespace millrace::disk
