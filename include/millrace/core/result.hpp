#pragma once
// How a failure travels: Result<T> is a value or an Error, and nobody throws.
//
// Three things are kept apart. An *answer* (ErrorCode, error_code.hpp) is the protocol working. A *failure* (here)
// is bad bytes, a full disk, an unknown file: it carries one of a few kinds, on which code may decide, and a
// sentence for people. A *bug* is a CHECK (check.hpp). Functions that return a Result are [[nodiscard]].

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace millrace::inline core {

enum class Errc {
  io,           ///< the system refused a read, a write or a flush
  no_space,     ///< disk full, quota, or file size limit
  corrupt,      ///< bytes on disk that cannot be what was written
  not_found,    ///< no such file, topic or offset
  exists,       ///< it is already there
  invalid,      ///< input that breaks a stated rule
  too_large,    ///< input beyond a stated limit
  unsupported,  ///< understood, and not served
  busy,         ///< held by somebody else
  offline,      ///< the log was taken offline by an earlier failure
};

[[nodiscard]] std::string_view name_of(Errc code) noexcept;

struct Error {
  Errc code;
  std::string message;  ///< one sentence: the thing, the value, the rule

  /// The same failure with what was being done in front: "open orders-0: permission denied".
  [[nodiscard]] Error within(std::string_view doing) const;
};

template <class T>
using Result = tl::expected<T, Error>;

using Failure = tl::unexpected<Error>;

[[nodiscard]] inline Failure failure(Errc code, std::string message) {
  return Failure(Error{code, std::move(message)});
}

/// Passes on the error of a failed result of another type. Requires: !result.has_value().
template <class T>
[[nodiscard]] Failure failure_of(Result<T>&& result) {
  return Failure(std::move(result).error());
}
template <class T>
[[nodiscard]] Failure failure_of(const Result<T>& result) {
  return Failure(result.error());
}

}  // namespace millrace::inline core
