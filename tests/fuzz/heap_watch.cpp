#include "heap_watch.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace {

// Every block is preceded by its size, in a space that keeps the alignment of operator new.
constexpr std::size_t space = alignof(std::max_align_t);

thread_local bool watching = false;
thread_local std::int64_t held = 0;
thread_local std::int64_t most = 0;

void* allocate(std::size_t size) {
  auto* const block = static_cast<std::size_t*>(std::malloc(size + space));
  if (block == nullptr) throw std::bad_alloc();
  *block = size;
  if (watching) most = std::max(most, held += static_cast<std::int64_t>(size));
  return reinterpret_cast<std::byte*>(block) + space;
}

void release(void* memory) noexcept {
  if (memory == nullptr) return;
  auto* const block = reinterpret_cast<std::size_t*>(static_cast<std::byte*>(memory) - space);
  if (watching) held -= static_cast<std::int64_t>(*block);
  std::free(block);
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
void operator delete(void* memory) noexcept { release(memory); }
void operator delete[](void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t) noexcept { release(memory); }

namespace millrace::testing {

HeapWatch::HeapWatch() {
  held = most = 0;
  watching = true;
}

HeapWatch::~HeapWatch() { watching = false; }

std::size_t HeapWatch::peak() const { return static_cast<std::size_t>(most); }

}  // namespace millrace::testing
