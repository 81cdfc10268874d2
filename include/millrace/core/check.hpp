#pragma once
// CHECK: an invariant that holds in release too. A failed CHECK is a bug of ours: it prints the place, the
// condition and why it must hold, and aborts. Nothing that a stranger sends may reach one.

namespace millrace::inline core {

[[noreturn]] void check_failed(const char* file, int line, const char* condition, const char* why) noexcept;

}  // namespace millrace::inline core

#define CHECK(condition, why)                                        \
  do {                                                               \
    if (!(condition)) [[unlikely]]                                   \
      ::millrace::check_failed(__FILE__, __LINE__, #condition, why); \
  } while (false)
