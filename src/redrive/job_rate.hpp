#pragma once
// How many letters a job may begin now, so that no second has more than its rate. Pure.
//
// It remembers what was begun within the last second, and spreads it: a tenth of the rate at once, and then a pause
// that it is worth. So a second never has more, wherever it begins, and a pause is not made up for.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "millrace/core/time.hpp"

namespace millrace::redrive {

class JobRate {
 public:
  /// Letters per second, 1 or more; unset: there is no bound.
  explicit JobRate(std::optional<std::uint32_t> rate) : rate_(rate) {}

  [[nodiscard]] std::size_t allowed(Instant now);
  /// Requires: so many were allowed.
  void took(std::size_t count, Instant now);
  /// When something is allowed again, if nothing is now.
  [[nodiscard]] Instant next() const;

 private:
  struct Piece {
    Instant at;
    std::size_t count = 0;
  };

  [[nodiscard]] std::size_t per_piece() const;
  /// When the piece that was taken last is paid for.
  [[nodiscard]] Instant paid() const;

  std::optional<std::uint32_t> rate_;
  std::deque<Piece> pieces_;  ///< of the last second, and each is a millisecond apart
  std::size_t sum_ = 0;
};

}  // namespace millrace::redrive
