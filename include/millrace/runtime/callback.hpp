#pragma once
// Callback<void(Args…)>: a function that is called once and may own what cannot be copied (a Reply, say), which
// std::function of C++20 does not allow. Value, moved from hand to hand; calling it consumes it.

#include <memory>
#include <type_traits>
#include <utility>

namespace millrace::runtime {

template <class Signature>
class Callback;

template <class... Args>
class Callback<void(Args...)> {
 public:
  Callback() = default;

  template <class F>
    requires(!std::is_same_v<std::decay_t<F>, Callback>)
  Callback(F&& function)  // NOLINT(google-explicit-constructor): it stands where a lambda is passed
      : held_(std::make_unique<Holder<std::decay_t<F>>>(std::forward<F>(function))) {}

  explicit operator bool() const { return held_ != nullptr; }

  void operator()(Args... args) {
    const auto held = std::move(held_);
    held->call(std::forward<Args>(args)...);
  }

 private:
  struct Base {
    Base() = default;
    Base(const Base&) = delete;
    Base& operator=(const Base&) = delete;
    virtual ~Base() = default;
    virtual void call(Args... args) = 0;
  };
  template <class F>
  struct Holder final : Base {
    explicit Holder(F&& given) : function(std::move(given)) {}
    explicit Holder(const F& given) : function(given) {}
    void call(Args... args) override { function(std::forward<Args>(args)...); }
    F function;
  };
  std::unique_ptr<Base> held_;
};

}  // namespace millrace::runtime
