// Any bytes as the answer of a sink, cut in every way: it ends, it stays within its bounds, it is the same however the
// bytes come, and a connection is only used again after an answer that is whole and has nothing behind it.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "../../src/sender/answer_reader.hpp"

namespace {

using millrace::sender::AnswerReader;

constexpr std::size_t header_max = 4'096;
constexpr std::size_t body_max = 8'192;

void require(bool condition) {
  if (!condition) std::abort();
}

/// What has to hold after each piece.
void check(const AnswerReader& reader, std::size_t came) {
  require(reader.is_answered() || reader.status() == 0);
  require(reader.fault().empty() || (reader.is_over() && !reader.is_answered()));
  require(reader.is_answered() || reader.fields().empty());
  require(!reader.may_go_on() || (reader.is_over() && reader.is_answered() && reader.is_kept_open()));
  require(reader.is_over() || came <= header_max + body_max + 1);
  if (!reader.is_answered()) return;
  // Interim answers are none; 101 is one that nobody has asked for, so nothing may follow it.
  require(reader.status() >= 200 || reader.status() == 101 || reader.status() < 100);
  require(reader.status() != 101 || !reader.may_go_on());
  std::size_t bytes = 0;
  for (const auto& [name, value] : reader.fields()) {
    bytes += name.size() + value.size();
    require((name + value).find_first_of("\r\n") == std::string::npos);
  }
  require(bytes <= came);
}

/// In pieces of that size; gives how many bytes were wanted.
std::size_t feed(AnswerReader& reader, std::string_view text, std::size_t at_once) {
  std::size_t at = 0;
  while (at < text.size() && !reader.is_over()) {
    const auto piece = text.substr(at, at_once);
    reader.put(piece);
    at += piece.size();
    check(reader, at);
  }
  return at;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  AnswerReader slow(header_max, body_max);
  const auto wanted = feed(slow, text, 1);
  // Behind its end nothing counts, but that something came.
  for (const std::size_t at_once : {std::size_t{2}, std::size_t{7}, std::size_t{64}, wanted}) {
    AnswerReader reader(header_max, body_max);
    (void)feed(reader, text.substr(0, wanted), std::max<std::size_t>(at_once, 1));
    require(reader.status() == slow.status() && reader.fields() == slow.fields());
    require(reader.is_answered() == slow.is_answered());
    require(reader.may_go_on() == slow.may_go_on());
  }
  if (wanted < size) {
    AnswerReader with_more(header_max, body_max);
    (void)feed(with_more, text.substr(0, wanted + 1), wanted + 1);
    require(!with_more.may_go_on());
  }
  return 0;
}
