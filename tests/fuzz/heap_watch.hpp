#pragma once
// How much heap a piece of code held at its peak. A program that links heap_watch.cpp counts what the thread that
// watches allocates; a watch is a stack object, one at a time per thread.

#include <cstddef>

namespace millrace::testing {

class HeapWatch {
 public:
  HeapWatch();
  ~HeapWatch();
  HeapWatch(const HeapWatch&) = delete;
  HeapWatch& operator=(const HeapWatch&) = delete;

  /// The most bytes held at once since the watch began, of those asked for since then.
  [[nodiscard]] std::size_t peak() const;
};

}  // namespace millrace::testing
