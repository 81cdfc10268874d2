#pragma once
// What loads of subscriptions have in common: one that has all of a topic, and words found in what it is told. Answers
// are looked through, not parsed: the load should cost little beside the broker.

#include <cstdint>
#include <string>
#include <string_view>

#include "http_connection.hpp"

namespace millrace::bench {

/// Where `word` ends in `text`, from `from` on; npos when it is not there. Cheaper than find() for words that begin
/// with what is everywhere.
[[nodiscard]] std::size_t behind(std::string_view text, std::string_view word, std::size_t from);
/// The number that begins there; 0 when there is none.
[[nodiscard]] std::uint64_t number_at(std::string_view text, std::size_t at);

/// Makes a pull subscription to the whole topic, from its beginning, with so many events of each partition in hand at
/// most. The path of it.
[[nodiscard]] Result<std::string> subscribe(HttpConnection& connection, const std::string& topic, std::size_t in_hand);

}  // namespace millrace::bench
