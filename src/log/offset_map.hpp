#pragma once
// The last offset of every key, within a budget of memory: what compaction keeps of a key is decided here.
//
// Keys are known by a hash of 128 bits under a key of this map's own, so that two of them never meet in practice and
// nobody can make them. All memory is taken with the first key, not before: a map is made while its log is locked, and
// filled when it is not. 24 bytes a slot, three of four slots are used. Owned.

#include <optional>
#include <vector>

#include "millrace/core/ids.hpp"
#include "millrace/core/siphash.hpp"

namespace millrace::log {

class OffsetMap {
 public:
  /// Room for `entries` keys, or for as many as `budget_bytes` can hold; for one at least.
  OffsetMap(std::uint64_t entries, std::size_t budget_bytes, const SipKey& key);

  /// Takes note of `offset` for `key`, which lies above all before. False when there is no room for another key.
  [[nodiscard]] bool put(ByteView key, Offset offset);
  [[nodiscard]] std::optional<Offset> find(ByteView key) const;
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  struct Slot {
    Hash128 hash;
    Offset offset = no_offset;
  };
  /// The slot of the key, or the free one where it belongs.
  [[nodiscard]] std::size_t slot_of(const Hash128& hash) const;

  SipKey key_;
  std::size_t slot_count_ = 0;
  std::vector<Slot> slots_;
  std::size_t size_ = 0;
  std::size_t size_max_ = 0;
};

}  // namespace millrace::log
