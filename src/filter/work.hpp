#pragma once
// How much an evaluation may still look at: an event of a stranger must not keep a thread busy with a stranger's
// filter.

#include <algorithm>
#include <cstddef>

#include "millrace/filter/limits.hpp"

namespace millrace::filter {

class Work {
 public:
  /// False when it is too much.
  [[nodiscard]] bool spend(std::size_t characters) noexcept {
    const bool suffices = characters <= left_;
    left_ -= std::min(characters, left_);
    return suffices;
  }
  [[nodiscard]] std::size_t left() const noexcept { return left_; }

 private:
  std::size_t left_ = limits::characters_max;
};

}  // namespace millrace::filter
