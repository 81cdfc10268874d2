#pragma once
// Guarded<T>: state that several threads use, one at a time. The only way in is with(f), which runs the plain function
// f(T&) under a short lock; f must not block, must not call with() of another Guarded unless docs/architecture.md
// lists that order, and must not keep a reference. A free lock costs 11 ns; a hop to a sleeping thread 43 us
// (docs/decisions), which is why partitions and groups live behind locks and not on threads of their own.

#include <mutex>
#include <utility>

namespace millrace::runtime {

template <class T>
class Guarded {
 public:
  template <class... Args>
  explicit Guarded(Args&&... args) : value_(std::forward<Args>(args)...) {}
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;

  template <class F>
  decltype(auto) with(F&& f) {
    const std::lock_guard lock(mutex_);
    return std::forward<F>(f)(value_);
  }

  template <class F>
  decltype(auto) with(F&& f) const {
    const std::lock_guard lock(mutex_);
    return std::forward<F>(f)(value_);
  }

 private:
  mutable std::mutex mutex_;
  T value_;
};

}  // namespace millrace::runtime
