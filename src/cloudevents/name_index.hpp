#pragma once
// Which names were there already, and as which: without memory of its own for as many as events have, and never slow
// for more.

#include <array>
#include <map>
#include <string_view>
#include <utility>

#include "slot.hpp"

namespace millrace::cloudevents {

class NameIndex {
 public:
  /// The place of the name among all that are different, and whether it is new. `name` is borrowed for as long as the
  /// index lives.
  std::pair<std::size_t, bool> add(std::string_view name) {
    for (std::size_t at = 0; at < count_; ++at) {
      if (few_[at].view() == name) return {at, false};
    }
    if (count_ < few_.size() && Slot::fits(name)) {
      few_[count_].put(name);
      return {count_++, true};
    }
    const auto [found, is_new] = many_.try_emplace(name, count_ + many_.size());
    return {found->second, is_new};
  }

 private:
  std::size_t count_ = 0;
  std::array<Slot, 32> few_;                      // Only the first `count_` have been written.
  std::map<std::string_view, std::size_t> many_;  // Not hashed: a stranger chooses the names.
};

}  // namespace millrace::cloudevents
