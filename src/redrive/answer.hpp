#pragma once
// An answer that is always given: whoever is not answered when this goes is told that there is nobody any longer.

#include <utility>

#include "millrace/redrive/letters.hpp"

namespace millrace::redrive {

template <class T>
class Answer {
 public:
  explicit Answer(Told<T> done) : done_(std::move(done)) {}
  Answer(Answer&&) noexcept = default;
  Answer& operator=(Answer&&) noexcept = default;
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;
  ~Answer() {
    if (done_) done_(failure(Errc::busy, "dead letters are not served now: the broker is starting or stopping"));
  }
  void operator()(Result<T> result) {
    if (done_) done_(std::move(result));
  }

 private:
  Told<T> done_;
};

}  // namespace millrace::redrive
