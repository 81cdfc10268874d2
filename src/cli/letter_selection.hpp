#pragma once
// Which dead letters of a topic are meant, as the broker is asked for them (docs/http.md). Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client.hpp"

namespace millrace::cli {

struct LetterSelection {
  std::string where{};                 ///< CESQL; empty: all
  std::vector<std::string> reasons{};  ///< of docs/dead_letters.md; none: all
  std::string since{}, until{};        ///< RFC 3339; empty: no bound
  std::vector<std::string> ids{};      ///< these and no others
  std::uint64_t limit = 0;             ///< so many at most; 0: all

  [[nodiscard]] bool is_everything() const;
};

/// The members of a body, of those alone that say something.
[[nodiscard]] Json json_of(const LetterSelection& selection);

/// "/v1/dead-letters/dlq.g.t?state=open&limit=100…": one page of at most `page` letters, behind `cursor`, which is
/// empty for the first. `state` may be "all". Ids are no part of it.
[[nodiscard]] std::string page_target(const std::string& topic, const LetterSelection& selection,
                                      const std::string& state, std::uint64_t page, const std::string& cursor);

/// "/v1/dead-letters/dlq.g.t/letters/<id>"; `topic` empty: that in which the letter is unless another was configured.
/// Nothing when the id does not tell.
[[nodiscard]] std::optional<std::string> letter_target(const std::string& id, const std::string& topic);

}  // namespace millrace::cli
