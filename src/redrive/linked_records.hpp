#pragma once
// Which records the links in one partition of letters point to, so that their topics keep them
// (docs/dead_letters.md#links). Pure.
//
// Of each partition that they point to the lowest records are remembered, and from where on there may be others. So
// memory is bounded whatever the number of letters, and the first record that must stay is known at any time. When all
// that were remembered are over, the letters have to be read again.

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "millrace/core/ids.hpp"

namespace millrace::redrive {

/// A partition whose records are pointed to.
struct Source {
  Uuid topic;
  PartitionIndex partition = 0;
  auto operator<=>(const Source&) const = default;
};

class LinkedRecords {
 public:
  static constexpr std::size_t remembered_max = 256;  ///< of a source

  /// Whether add() would remember it.
  [[nodiscard]] bool takes(const Source& source, Offset record) const;
  /// Again: nothing.
  void add(const Source& source, Offset record, Offset letter);
  void add(const LinkedRecords& others);
  using IsOver = std::function<bool(const Source&, Offset record, Offset letter)>;
  /// Forgets what is over, up to the lowest record of each source that is not. Whether there was anything.
  bool forget(const IsOver& is_over);
  /// Where the records begin that are pointed to, or may be.
  [[nodiscard]] std::map<Source, Offset> first() const;
  /// Of a source nothing is remembered, and there may be others.
  [[nodiscard]] bool is_used_up() const;
  [[nodiscard]] bool empty() const { return sources_.empty(); }

 private:
  struct Lowest {
    std::set<std::pair<Offset, Offset>> remembered;  ///< a record and its letter
    std::optional<Offset> others_from;
  };
  std::map<Source, Lowest> sources_;
};

}  // namespace millrace::redrive
