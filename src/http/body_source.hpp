#pragma once
// A body that has no end yet: it is asked for piece after piece, so that a reader that is slow, or gone, costs no more
// than its place.

#include <optional>
#include <string>

#include "millrace/runtime/io.hpp"

namespace millrace::http {

/// Of one answer; on the network thread of its connection.
class BodySource {
 public:
  BodySource() = default;
  BodySource(const BodySource&) = delete;
  BodySource& operator=(const BodySource&) = delete;
  virtual ~BodySource() = default;

  /// The next piece, not empty; nothing at the end. Called again only when the last piece was taken. It never waits
  /// longer than a reader would think that nobody is there.
  [[nodiscard]] virtual runtime::Task<std::optional<std::string>> next() = 0;
};

}  // namespace millrace::http
