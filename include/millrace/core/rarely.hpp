#pragma once
// Rarely: a value that hardly ever is anything but T{}, of which there are very many. It takes a pointer's room until
// it is another, or somebody edits it. Reading never allocates. A value, compared and copied as a T; const reads from
// any thread.

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

namespace millrace::inline core {

template <class T>
class Rarely {
 public:
  Rarely() = default;
  template <std::convertible_to<T> Value>
    requires(!std::same_as<std::remove_cvref_t<Value>, Rarely>)
  Rarely(Value&& value) {  // NOLINT(google-explicit-constructor): it is one
    T given = std::forward<Value>(value);
    if (!(given == usual())) value_ = std::make_unique<T>(std::move(given));
  }
  Rarely(const Rarely& other) : value_(other.value_ ? std::make_unique<T>(*other.value_) : nullptr) {}
  Rarely& operator=(const Rarely& other) {
    Rarely copy(other);
    value_.swap(copy.value_);
    return *this;
  }
  Rarely(Rarely&&) noexcept = default;
  Rarely& operator=(Rarely&&) noexcept = default;
  ~Rarely() = default;

  [[nodiscard]] const T& operator*() const { return value_ ? *value_ : usual(); }
  [[nodiscard]] const T* operator->() const { return &**this; }
  /// To be changed; good until it is moved from, assigned to or reset.
  [[nodiscard]] T& edit() {
    if (!value_) value_ = std::make_unique<T>();
    return *value_;
  }
  /// Is T{} again, as what was moved from is.
  void reset() { value_.reset(); }

  friend bool operator==(const Rarely& one, const Rarely& other) { return *one == *other; }

 private:
  static const T& usual() {
    static const T value{};
    return value;
  }

  std::unique_ptr<T> value_;
};

}  // namespace millrace::inline core
