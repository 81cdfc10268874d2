// Two ways to count. A sanitizer has an allocator of its own, with hooks, and checks that every block is freed in the
// way it was allocated; there the hooks are used. Elsewhere operator new is replaced, and keeps the size in front.

#include "heap_watch.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <new>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define MILLRACE_HAS_HOOKS
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MILLRACE_HAS_HOOKS
#endif

#ifdef MILLRACE_HAS_HOOKS
// As in sanitizer/allocator_interface.h, which gcc's packages leave out.
extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void*, std::size_t),
                                                         void (*on_free)(const volatile void*));
extern "C" std::size_t __sanitizer_get_allocated_size(const volatile void* block);
#endif

namespace {

thread_local bool watching = false;
thread_local std::int64_t held = 0;
thread_local std::int64_t most = 0;

void count_taken(std::size_t size) {
  if (watching) most = std::max(most, held += static_cast<std::int64_t>(size));
}

void count_given_back(std::size_t size) {
  if (watching) held -= static_cast<std::int64_t>(size);
}

}  // namespace

#ifdef MILLRACE_HAS_HOOKS

namespace {

void on_malloc(const volatile void* /*block*/, std::size_t size) { count_taken(size); }

void on_free(const volatile void* block) {
  if (watching && block != nullptr) count_given_back(__sanitizer_get_allocated_size(block));
}

[[maybe_unused]] const int installed = __sanitizer_install_malloc_and_free_hooks(on_malloc, on_free);

}  // namespace

#else

namespace {

/// In front of every block: its size, in a space that keeps the alignment of operator new.
constexpr std::size_t space = alignof(std::max_align_t);

void* allocate(std::size_t size) {
  auto* const block = static_cast<std::size_t*>(std::malloc(size + space));
  if (block == nullptr) throw std::bad_alloc();
  *block = size;
  count_taken(size);
  return reinterpret_cast<std::byte*>(block) + space;
}

void release(void* memory) noexcept {
  if (memory == nullptr) return;
  auto* const block = reinterpret_cast<std::size_t*>(static_cast<std::byte*>(memory) - space);
  count_given_back(*block);
  std::free(block);
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
void operator delete(void* memory) noexcept { release(memory); }
void operator delete[](void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t) noexcept { release(memory); }

#endif

namespace millrace::testing {

HeapWatch::HeapWatch() {
  held = most = 0;
  watching = true;
}

HeapWatch::~HeapWatch() { watching = false; }

std::size_t HeapWatch::peak() const { return static_cast<std::size_t>(most); }

}  // namespace millrace::testing
