#pragma once
// Chains: for each key its unsettled events, by offset, linked through their slots. The first of a chain may be handed
// out, the others are held back. Owned by the machine; empty when no order is promised.

#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "millrace/core/rarely.hpp"
#include "slots.hpp"

namespace millrace::delivery {

class Chains {
 public:
  explicit Chains(Slots& slots) : slots_(slots) {}

  /// Requires: the slot is there and in no chain.
  void add(KeyHash key, Offset at);
  /// Requires: the slot is there, in this chain.
  void remove(KeyHash key, Offset at);
  /// no_offset: the key has none.
  [[nodiscard]] Offset first(KeyHash key) const;
  [[nodiscard]] std::size_t length(KeyHash key) const;
  void clear() { chains_.reset(); }

 private:
  struct Chain {
    Offset first;
    Offset last;
    std::uint32_t length = 0;
  };
  [[nodiscard]] Slot& slot(Offset at) const;
  /// The one of the chain right before `at`. Requires: there is one.
  [[nodiscard]] Offset before(const Chain& chain, Offset at) const;

  Slots& slots_;
  Rarely<std::unordered_map<KeyHash, Chain>> chains_;
};

}  // namespace millrace::delivery
