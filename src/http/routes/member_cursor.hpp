#pragma once
// What a member that polls was given with one answer: of each partition from where to where. It acknowledges that with
// its next poll. As a text that stands in a URL as it is; readers take it as one word. Pure.
//
//   partition "." from "." to  "-" …    to the base of 36

#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"

namespace millrace::http::routes {

struct MemberCursor {
  struct Part {
    PartitionIndex partition = 0;
    Offset from;
    Offset to;  ///< behind the last
    bool operator==(const Part&) const = default;
  };
  std::vector<Part> parts;

  [[nodiscard]] std::string to_string() const;
  /// Errc::invalid: none of ours.
  [[nodiscard]] static Result<MemberCursor> parse(std::string_view text);
};

}  // namespace millrace::http::routes
