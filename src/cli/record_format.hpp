#pragma once
// A record printed as a format string says (docs/millrace.md, "Format strings"). Parsed once, then used. Values, pure.

#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/result.hpp"
#include "record.hpp"

namespace millrace::cli {

class RecordFormat {
 public:
  /// %t topic, %p partition, %o offset, %T timestamp in ms, %D the same as a date, %k key, %v value, %h headers, %K and
  /// %V how many bytes key and value have, %%; and what unescaped() knows. Errc::invalid for any other %.
  [[nodiscard]] static Result<RecordFormat> parse(std::string_view text);
  /// Bytes of key, value and headers as they are; nothing where there is none, and -1 for its size.
  [[nodiscard]] std::string text(const Record& record) const;

 private:
  struct Piece {
    char what = 0;  ///< 0: the text
    std::string text;
  };
  std::vector<Piece> pieces_;
};

/// \n, \t, \r, \0, \\, \xNN as what they stand for. Errc::invalid for any other backslash.
[[nodiscard]] Result<std::string> unescaped(std::string_view text);

}  // namespace millrace::cli
